import { flow, limit, run, sleep, task } from 'sluice'

const call = task({ name: 'call' }, async (n: number) => {
  await using _slot = await limit('api.example', 2) // two at once, over all processes on this store
  return n
})

export const slowly = flow({ name: 'slowly' }, async () => {
  const calls = call.map([1, 2, 3])
  const timeout = sleep('10s').then(() => 'late')
  const first = await Promise.race([calls, timeout])
  await run.shield(async () => call(4)) // runs even when this run is being cancelled
  return first
})

if (import.meta.main) console.log(await slowly())
