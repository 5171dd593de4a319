import { flow, task } from 'sluice'

const noop = task({ name: 'noop' }, async (item: number) => item)

export const loop = flow({ name: 'loop' }, async ({ count }: { count: number }) => {
  for (let item = 0; item < count; item++) await noop(item)
})

if (import.meta.main) await loop({ count: 10_000 })
