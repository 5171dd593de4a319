import { settleTurns } from '@sluice/testing'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { errorOf, expectCode, gate, openWorld, type World } from '../harness.testsuite.ts'
import { continueRun, flow, type OpenHome, run, sleep, startRun, type StartedRuns, task } from '../index.ts'

async function rootsOf(world: World, name: string) {
  const { items } = await world.store.listRuns({ limit: 1_000 })
  return items.filter((one) => one.flow === name)
}

/** The run that started the others. */
async function waitsOfStarter(world: World, name: string) {
  const [starter] = await rootsOf(world, name)
  return starter ? (await world.store.loadCheckpoints(starter.id)).waits : []
}

const doubled = flow({ name: 'doubled', parameters: z.object({ n: z.coerce.number() }) }, async ({ n }) => n * 2)

test('a started run is a root run of its own; awaiting it gives its result', async () => {
  await using world = await openWorld()
  const body = flow({ name: 'starter' }, async () => {
    const started = doubled.start({ n: 21 }, { name: 'by hand', tags: ['x'] })
    expect(started.name).toBe('doubled')
    return [started.id, await started, await started.settled()]
  })
  const one = world.process(0, { pollMs: 50 })
  const root = one.start(body)
  for (let i = 0; i < 20; i++) await one.clock.advance(50)
  const [id, value, settled] = (await root) as unknown[]
  expect([value, settled]).toEqual([42, { status: 'fulfilled', value: 42 }])
  const [started] = await rootsOf(world, 'doubled')
  expect(started).toMatchObject({ id, parentId: null, name: 'by hand', tags: ['x'], state: { name: 'Completed' } })
  const [starter] = await rootsOf(world, 'starter')
  expect(started?.origin?.startedBy).toBe(starter?.id)
  expect(await waitsOfStarter(world, 'starter')).toMatchObject([{ kind: 'run', targetRunId: id, status: 'done' }])
})

test('what it threw is thrown where it is awaited, and nowhere when nobody awaits it', async () => {
  await using world = await openWorld()
  const fails = flow({ name: 'fails' }, async () => {
    throw new RangeError('out of range')
  })
  const one = world.process(0, { pollMs: 50 })
  const awaits = one.start(flow({ name: 'awaits' }, async () => fails.start()))
  for (let i = 0; i < 20; i++) await one.clock.advance(50)
  expect(await errorOf(awaits)).toMatchObject({ name: 'RangeError', message: 'out of range' })
  const hold = gate()
  const forgets = one.start(
    flow({ name: 'forgets' }, async () => {
      fails.start()
      await hold.promise
      return 'fine'
    }),
  )
  for (let i = 0; i < 20; i++) await one.clock.advance(50)
  hold.open()
  expect(await forgets).toBe('fine')
})

test('a starter that does not await it ends before it, but not before it is started', async () => {
  await using world = await openWorld({ settings: { pollMs: 1e9 } })
  const hold = gate()
  const long = flow({ name: 'long' }, async () => hold.promise)
  const one = world.process()
  await one.start(
    flow({ name: 'starter' }, () => {
      long.start()
    }),
  )
  expect(await rootsOf(world, 'long')).toMatchObject([{ state: { name: 'Running' } }])
  expect(await waitsOfStarter(world, 'starter')).toMatchObject([{ status: 'cancelled' }])
  hold.open()
  await settleTurns()
  expect(await rootsOf(world, 'long')).toMatchObject([{ state: { name: 'Completed' } }])
})

test('it is started once, whatever becomes of its starter', async () => {
  await using world = await openWorld({ settings: { pollMs: 1e9 } })
  const hold = gate()
  let bodies = 0
  const step = task({ name: 'step' }, () => ++bodies)
  const long = flow({ name: 'long' }, async () => {
    const first = await step()
    await hold.promise
    return first
  })
  const starter = flow({ name: 'starter', retries: 1 }, async () => {
    const started = long.start()
    if (run.attempt === 1) throw new Error('once')
    return started
  })
  const one = world.process()
  one.start(starter).catch(() => undefined)
  await settleTurns(60)
  await one.kill()
  for (const { id, epoch } of await world.store.listOwned())
    await world.store.markCrashed({ id, expectedEpoch: epoch, at: one.clock.now(), message: 'killed by the test' })
  const [first] = await rootsOf(world, 'starter')
  if (!first) throw new Error('no starter')
  hold.open()
  const two = world.process(0, { pollMs: 50 })
  const end = continueRun({
    home: two.home,
    run: first,
    flow: starter,
    mode: 'resume',
    reporter: { event: () => undefined },
  })
  for (let i = 0; i < 20; i++) await two.clock.advance(50)
  expect(await end).toBe(1)
  expect(await rootsOf(world, 'long')).toMatchObject([{ state: { name: 'Completed' }, crashCount: 1 }])
  expect(bodies).toBe(1)
})

test('an attempt that times out while it starts one leaves its id to the next attempt', async () => {
  await using world = await openWorld({ settings: { pollMs: 1e9 } })
  const one = world.process()
  const asked: string[] = []
  const hang = gate()
  const starts: StartedRuns = {
    async start({ id }) {
      asked.push(id)
      if (asked.length === 1) await hang.promise
    },
    outcome: async () => undefined,
    cancel: async () => undefined,
  }
  const starter = flow({ name: 'starter', retries: 1, timeout: '1m' }, () => {
    doubled.start({ n: 1 })
  })
  const home: OpenHome = { ...one.home, starts }
  const root = startRun(starter, undefined, { home, reporter: { event: () => undefined } })
  await one.clock.advance(60_000)
  expect(await root).toBeUndefined()
  expect(asked).toHaveLength(2)
  expect(new Set(asked).size).toBe(1)
  hang.open()
})

test('cancel() ends it, and whoever awaits it gets that; the starter of a cancelled run goes on', async () => {
  await using world = await openWorld()
  const long = flow({ name: 'long' }, () => sleep('2h'))
  const one = world.process(0, { pollMs: 50 })
  const root = one.start(
    flow({ name: 'starter' }, async () => {
      const started = long.start()
      started.cancel('no need')
      return started.settled()
    }),
  )
  for (let i = 0; i < 20; i++) await one.clock.advance(50)
  expect(await root).toMatchObject({ status: 'rejected', reason: { code: 'RUN_CANCELLED' } })
  expect(await rootsOf(world, 'long')).toMatchObject([{ state: { name: 'Cancelled' } }])
})

test('cancelling the starter leaves it alone', async () => {
  await using world = await openWorld({ settings: { pollMs: 1e9 } })
  const hold = gate()
  const long = flow({ name: 'long' }, async () => hold.promise)
  const one = world.process()
  const root = one.start(flow({ name: 'starter' }, async () => long.start()))
  await settleTurns()
  root.cancel()
  await errorOf(root)
  expect(await rootsOf(world, 'long')).toMatchObject([{ state: { name: 'Running' } }])
  hold.open()
  await settleTurns()
  expect(await rootsOf(world, 'long')).toMatchObject([{ state: { name: 'Completed' } }])
})

test('parameters that its schema refuses are the failure of who starts it, seen or not', async () => {
  await using world = await openWorld()
  const one = world.process()
  const wrong = { n: 'many' } as never
  await expectCode(one.start(flow({ name: 'f' }, async () => doubled.start(wrong))), 'PARAMETERS_INVALID')
  const forgets = flow({ name: 'g' }, () => {
    doubled.start(wrong)
  })
  await expectCode(one.start(forgets), 'PARAMETERS_INVALID')
  const looks = flow({ name: 'h' }, async () => (await doubled.start(wrong).settled()).status)
  expect(await one.start(looks)).toBe('rejected')
  expect(await rootsOf(world, 'doubled')).toEqual([])
})

test('it cannot be started in a task, outside a run, or with what has no key', async () => {
  await using world = await openWorld()
  const one = world.process()
  const t = task({ name: 't' }, async () => doubled.start({ n: 1 }))
  await expectCode(one.start(flow({ name: 'f' }, async () => t())), 'START_IN_TASK')
  expect(() => doubled.start({ n: 1 })).toThrow('outside a run')
  const unhashable = flow({ name: 'g' }, async () => doubled.start({ n: () => 1 }))
  await expectCode(one.start(unhashable), 'INPUT_UNHASHABLE')
  const misspelt = flow({ name: 'h' }, async () => doubled.start({ n: 1 }, { tag: ['x'] } as never))
  await expectCode(one.start(misspelt), 'OPTION_UNKNOWN')
})
