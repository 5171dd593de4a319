import { flow, task } from '@sluice/engine'
import { setTimeout as delay } from 'node:timers/promises'

/** Of the machine's monotonic clock: the same in every process, in µs. */
const now = (): number => Number(process.hrtime.bigint() / 1_000n)

const noop = task({ name: 'noop' }, async (item: number) => item)

/** When its code began to run. */
export const stamp = flow({ name: 'stamp' }, async () => now())

/** The workflow of three steps. */
export const threeSteps = flow({ name: 'threeSteps' }, async () => {
  const first = await noop(1)
  const second = await noop(first + 1)
  return await noop(second + 1)
})

interface Count {
  readonly count: number
}

/** Microseconds that `count` tasks took, one after the other. */
export const oneByOne = flow({ name: 'oneByOne' }, async ({ count }: Count) => {
  const began = now()
  for (let item = 0; item < count; item++) await noop(item)
  return now() - began
})

/** Microseconds that `count` tasks took, all at once. */
export const allAtOnce = flow({ name: 'allAtOnce' }, async ({ count }: Count) => {
  const began = now()
  await Promise.all(Array.from({ length: count }, (_, item) => noop(item)))
  return now() - began
})

const linger = task({ name: 'linger' }, async (ms: number) => {
  const began = now()
  await delay(ms)
  return began
})

/** Two tasks; the second takes `ms` and gives when it began: later when another process began it again. */
export const lingering = flow({ name: 'lingering' }, async ({ ms }: { ms: number }) => {
  await noop(0)
  return await linger(ms)
})

/** `count` tasks at once, then one of `ms`: whoever goes on after a kill begins with the last one. */
export const manyThenLinger = flow({ name: 'manyThenLinger' }, async ({ count, ms }: Count & { ms: number }) => {
  await Promise.all(Array.from({ length: count }, (_, item) => noop(item)))
  return await linger(ms)
})
