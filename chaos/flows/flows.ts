import { flow, limit, pause, run, sleep, task, waitFor } from '@sluice/engine'
import { setTimeout as delay } from 'node:timers/promises'
import { branches, mix, total, type Work } from '../expected.ts'
import { record } from '../ledger.ts'

/** The limits that `limited` keeps to, as the verdict knows them. */
export const taskLimit = { limit: 'chaos.task', size: 2 } as const
export const sectionLimit = { limit: 'chaos.section', size: 3 } as const

/** Every body tells the ledger when it begins and when it is done. */
async function recorded<T>(name: string, body: () => Promise<T>): Promise<T> {
  record('start', name)
  const value = await body()
  record('end', name)
  return value
}

const step = task({ name: 'step' }, (value: number, by: number, ms: number) =>
  recorded('step', async () => {
    await delay(ms, undefined, { signal: run.signal })
    return mix(value, by)
  }),
)

const leaf = task({ name: 'leaf', concurrency: 4 }, (item: number, seed: number, ms: number) =>
  recorded('leaf', async () => {
    await delay(ms, undefined, { signal: run.signal })
    return mix(seed, item)
  }),
)

const sum = task({ name: 'sum' }, (values: readonly number[]) => recorded('sum', async () => total(values)))

/** Fails on its first `failures` attempts. */
const shaky = task(
  { name: 'shaky', retries: 3, retryDelay: '30ms' },
  (value: number, by: number, failures: number, ms: number) =>
    recorded('shaky', async () => {
      await delay(ms)
      if (run.attempt <= failures) throw new Error(`attempt ${run.attempt} fails`)
      return mix(value, by)
    }),
)

const hopeless = task({ name: 'hopeless', retries: 1 }, (ms: number) =>
  recorded('hopeless', async () => {
    await delay(ms)
    throw new Error('it always fails')
  }),
)

const guarded = task({ name: 'guarded', concurrency: taskLimit }, (value: number, by: number, ms: number) =>
  recorded('guarded', async () => {
    record('hold', taskLimit.limit)
    await delay(ms)
    record('free', taskLimit.limit)
    return mix(value, by)
  }),
)

const write = task({ name: 'write' }, (count: number) => recorded('write', async () => 'x'.repeat(count * 1024)))
const measure = task({ name: 'measure' }, (text: string, seed: number) =>
  recorded('measure', async () => mix(seed, text.length)),
)

export const chain = flow({ name: 'chain' }, async ({ seed, count, ms }: Work) => {
  let value = seed
  for (let by = 0; by < count; by++) value = await step(value, by, ms)
  return value
})

export const fan = flow({ name: 'fan' }, async ({ seed, count, ms }: Work) =>
  sum(leaf.map(Array(count).keys(), seed, ms)),
)

export const family = flow({ name: 'family' }, async (work: Work) =>
  sum(await Promise.all(branches(work).map((branch) => chain(branch)))),
)

export const tree = flow({ name: 'tree' }, async (work: Work) => {
  const started = branches(work).map((branch) => chain.start(branch))
  const values: number[] = []
  for (const each of started) values.push(await each)
  return await sum(values)
})

export const flaky = flow({ name: 'flaky' }, async ({ seed, count, ms }: Work) => {
  let value = seed
  for (let by = 0; by < count; by++) value = await shaky(value, by, by % 3, ms)
  return value
})

/** Fails as a whole once; what it finished stays finished. */
export const stumbling = flow({ name: 'stumbling', retries: 2 }, async ({ seed, count, ms }: Work) => {
  let value = seed
  for (let by = 0; by < count; by++) {
    value = await step(value, by, ms)
    if (run.attempt === 1 && by === 1) throw new Error('the first attempt stumbles')
  }
  return value
})

/** Goes on after a failure that it has caught: a resume must take the same branch. */
export const handled = flow({ name: 'handled' }, async ({ seed, count, ms }: Work) => {
  const failed = await hopeless(ms).then(
    () => 0,
    () => -1,
  )
  let value = seed
  for (let by = 0; by < count; by++) value = await step(value, by, ms)
  return await step(value, failed, ms)
})

export const sleeper = flow({ name: 'sleeper' }, async ({ seed, count, ms }: Work) => {
  const value = await step(seed, 0, ms)
  await sleep(count)
  return await step(value, 1, ms)
})

export const asker = flow({ name: 'asker' }, async ({ seed, ms }: Work) => {
  const value = await step(seed, 0, ms)
  const answer = (await pause({ key: 'question' })) as number
  return await step(value, answer, ms)
})

export const listener = flow({ name: 'listener' }, async ({ seed, ms }: Work) => {
  const value = await step(seed, 0, ms)
  const { payload } = await waitFor('chaos.ping', { key: String(seed) })
  return await step(value, payload as number, ms)
})

export const limited = flow({ name: 'limited' }, async ({ seed, count, ms }: Work) => {
  let value = seed
  for (let by = 0; by < count; by++) {
    if (by % 2 === 0) value = await guarded(value, by, ms)
    else {
      await using _slot = await limit(sectionLimit.limit, sectionLimit.size)
      record('hold', sectionLimit.limit, String(by))
      value = await step(value, by, ms)
      record('free', sectionLimit.limit, String(by))
    }
  }
  return value
})

export const bulky = flow({ name: 'bulky' }, async ({ seed, count }: Work) => measure(write(count), seed))

/** Waits for what never comes: only a cancel ends it. */
export const blocked = flow({ name: 'blocked' }, async ({ seed, ms }: Work) => {
  await step(seed, 0, ms)
  await pause({ key: 'never' })
})

/** Made by a schedule. */
export const ticking = flow({ name: 'ticking' }, async () => step(1, 1, 5))
