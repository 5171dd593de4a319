import { rm } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { errorOf, gate, openWorld } from '../harness.testsuite.ts'
import { attemptContext, cacheVersion, type CacheVersioned, flow, run, task, type TaskOptions } from '../index.ts'

/** A task that counts how often it ran. */
function counted(options: TaskOptions<readonly [unknown], number>) {
  const ran: unknown[] = []
  return { ran, task: task({ name: 'counted', ...options }, (input: unknown) => ran.push(input)) }
}

test('a cached result is used by other runs, recorded as Cached, without running the body', async () => {
  await using world = await openWorld()
  const { task: step, ran } = counted({ cache: {} })
  const body = flow({ name: 'f' }, async () => step({ url: 'a' }))
  expect(await world.process().start(body)).toBe(1)
  expect(await world.process().start(body)).toBe(1)
  expect(ran).toHaveLength(1)
  const [row] = await world.tasks()
  expect(row).toMatchObject({ state: { type: 'completed', name: 'Cached' }, checkpoint: true, startedAt: null })
})

test('other inputs, another version and another name are other results', async () => {
  await using world = await openWorld()
  const { task: step, ran } = counted({ cache: {} })
  const body = flow({ name: 'f' }, async () => [
    await step(1),
    await step(1),
    await step(2),
    await step.with({ version: '2' })(1),
    await step.with({ version: '2' })(1),
    await step.with({ name: 'other' })(1),
  ])
  expect(await world.process().start(body)).toEqual([1, 1, 2, 3, 3, 4])
  expect(ran).toEqual([1, 2, 1, 1])
})

test('a result lives for its ttl and not longer', async () => {
  await using world = await openWorld()
  const { task: step, ran } = counted({ cache: { ttl: '1d' } })
  const body = flow({ name: 'f' }, async () => step('x'))
  const one = world.process()
  await one.start(body)
  await one.clock.advance(24 * 3_600_000 - 1)
  await one.start(body)
  expect(ran).toHaveLength(1)
  await one.clock.advance(1)
  await one.start(body)
  expect(ran).toHaveLength(2)
})

test("by: 'parameters' depends on the flow's parameters, not on the inputs", async () => {
  await using world = await openWorld()
  const { task: step, ran } = counted({ cache: { by: ['parameters'] } })
  const body = flow({ name: 'f' }, async (_given: { day: string }) => [await step(run.random()), await step('other')])
  expect(await world.process().start(body, { day: 'monday' })).toEqual([1, 1])
  expect(await world.process().start(body, { day: 'monday' })).toEqual([1, 1])
  expect(await world.process().start(body, { day: 'tuesday' })).toEqual([2, 2])
  expect(ran).toHaveLength(2)
})

test("by: 'run' is shared within a run, children included, and not beyond", async () => {
  await using world = await openWorld()
  const { task: step, ran } = counted({ cache: { by: ['run', 'inputs'] } })
  const child = flow({ name: 'child' }, async () => step('x'))
  const body = flow({ name: 'f' }, async () => [await step('x'), await child()])
  expect(await world.process().start(body)).toEqual([1, 1])
  expect(await world.process().start(body)).toEqual([2, 2])
  expect(ran).toHaveLength(2)
})

test('key: alone is the whole identity; beside by: it is a part of it', async () => {
  await using world = await openWorld()
  const alone = counted({ cache: { key: (input) => String(input).slice(0, 1) } })
  const both = counted({ name: 'both', cache: { key: () => 'k', by: ['inputs'] } })
  const body = flow({ name: 'f' }, async () => [
    await alone.task('ab'),
    await alone.task('ac'),
    await alone.task('b'),
    await both.task(1),
    await both.task(2),
  ])
  expect(await world.process().start(body)).toEqual([1, 1, 2, 1, 2])
})

test('a key function that throws fails the task', async () => {
  await using world = await openWorld()
  const { task: step } = counted({
    cache: {
      key: () => {
        throw new Error('no key')
      },
    },
  })
  expect((await errorOf(world.process().start(flow({ name: 'f' }, async () => step(1))))).message).toBe('no key')
})

test('refresh: true runs the task and replaces what is cached', async () => {
  await using world = await openWorld()
  const { task: step, ran } = counted({ cache: {} })
  const fresh = step.with({ cache: { refresh: true } })
  await world.process().start(flow({ name: 'f' }, async () => step('x')))
  expect(await world.process().start(flow({ name: 'g' }, async () => fresh('x')))).toBe(2)
  expect(await world.process().start(flow({ name: 'h' }, async () => step('x')))).toBe(2)
  expect(ran).toHaveLength(2)
})

test('a failure is not cached', async () => {
  await using world = await openWorld()
  let tries = 0
  const once = task({ name: 'once', cache: {} }, () => {
    if (++tries === 1) throw new Error('first')
    return tries
  })
  const body = flow({ name: 'f' }, async () => once())
  await errorOf(world.process().start(body))
  expect(await world.process().start(body)).toBe(2)
})

test('inputs that cannot be hashed are not cached, and the task runs', async () => {
  await using world = await openWorld()
  const { task: step, ran } = counted({ cache: {} })
  const body = flow({ name: 'f' }, async () => [await step(() => 1), await step(() => 1)])
  expect(await world.process().start(body)).toEqual([1, 2])
  expect(ran).toHaveLength(2)
})

test('killed right after the result was cached, the run takes its own checkpoint, and others the cache', async () => {
  await using world = await openWorld()
  const { task: step, ran } = counted({ cache: {} })
  const reached = gate()
  let crash = true
  const waits = task({ name: 'waits' }, async () => {
    if (!crash) return
    reached.open()
    await new Promise(() => undefined)
  })
  const body = flow({ name: 'f' }, async () => {
    const value = await step('x')
    await waits()
    return value
  })
  const first = world.process()
  first.start(body).catch(() => undefined)
  await reached.promise
  await first.kill()
  crash = false
  expect(await world.process().goOn(body)).toBe(1)
  expect((await world.tasks('counted'))[0]?.state.name).toBe('Completed')
  expect(await world.process().start(body)).toBe(1)
  expect((await world.tasks('counted'))[0]?.state.name).toBe('Cached')
  expect(ran).toHaveLength(1)
})

test('a cached large result is read from result storage; one that is gone is a miss, not a failure', async () => {
  await using world = await openWorld()
  const text = 'x'.repeat(100_000)
  let ran = 0
  const large = task({ name: 'large', cache: {} }, () => {
    ran++
    return text
  })
  const body = flow({ name: 'f' }, async () => (await large()).length)
  await world.process().start(body)
  expect(await world.process().start(body)).toBe(100_000)
  expect(ran).toBe(1)
  const [row] = await world.tasks()
  const ref = row?.result && 'ref' in row.result ? row.result.ref : ''
  await rm(path.join(world.home.dir, 'results', ref.slice(0, 2), ref))
  expect(await world.process().start(body)).toBe(100_000)
  expect(ran).toBe(2)
})

test('a dataset among what a result depends on stands for its version, and is pinned for the body', async () => {
  await using world = await openWorld()
  const datasets = { trips: 1 }
  const trips: CacheVersioned = {
    async [cacheVersion]() {
      return { key: `trips ${datasets.trips}`, pin: { name: 'trips', value: datasets.trips } }
    },
  }
  const seen: unknown[] = []
  const inner = task({ name: 'inner' }, () => void seen.push(attemptContext()?.pinned('trips')))
  const step = task(
    { name: 'step', cache: { by: (month: string) => [trips, month] } },
    async (month: string, _other: number) => {
      seen.push(attemptContext()?.pinned('trips'))
      if (month === 'june') await inner()
      return datasets.trips
    },
  )
  const body = flow({ name: 'f' }, async () => [await step('may', 1), await step('may', 2), await step('june', 1)])
  expect(await world.process().start(body)).toEqual([1, 1, 1])
  expect(seen).toEqual([1, 1, undefined])
  datasets.trips = 2
  expect(await world.process().start(body)).toEqual([2, 2, 2])
  expect(await world.process().start(body)).toEqual([2, 2, 2])
  expect(seen).toHaveLength(6)
})

test('what a function of the arguments gives is a list, and what cannot be hashed is not cached', async () => {
  await using world = await openWorld()
  const wrong = task({ name: 'wrong', cache: { by: () => 'inputs' as unknown as readonly unknown[] } }, () => 1)
  expect(await errorOf(world.process().start(flow({ name: 'f' }, async () => wrong())))).toMatchObject({
    code: 'OPTION_INVALID',
  })
  const { task: step, ran } = counted({ cache: { by: () => [() => 1] } })
  const body = flow({ name: 'g' }, async () => step(1))
  await world.process().start(body)
  await world.process().start(body)
  expect(ran).toHaveLength(2)
})
