import { type State, stateOf } from '@sluice/core'
import type { RunRecord } from '@sluice/store'
import { settleTurns } from '@sluice/testing'
import { describe, expect, test } from 'vitest'
import { gate, openWorld, type TestProcess, type World } from '../harness.testsuite.ts'
import { type AnyFlow, executeRun, flow, limit, pause, run as ambientRun, sleep, task, waitFor } from '../index.ts'
import { answer, waitsOf } from '../wait/answering.fixture.ts'

const hour = 3_600_000
const minute = 60_000
const quiet = { settings: { pollMs: 1e9 } }

/** A run as a server makes it, claimed for this process. */
async function claim(world: World, one: TestProcess): Promise<RunRecord> {
  const { items } = await world.store.listRuns({ limit: 1 })
  const [run] = items
  if (!run) throw new Error('no run')
  const claimed = await world.store.claimRun({
    id: run.id,
    expectedEpoch: run.epoch,
    owner: { host: 'here', bootId: 'b', pid: 1, pidStart: '1' },
    state: stateOf('Pending', one.clock.now()),
    newAttempt: false,
    drop: [],
  })
  if (!claimed) throw new Error('somebody was faster')
  return claimed
}

async function create(world: World, one: TestProcess, made: object): Promise<RunRecord> {
  const id = one.home.settings.platform.newId()
  const at = one.clock.now()
  await world.store.createRun({
    id,
    rootId: id,
    workspace: 'default',
    createdBy: 'a test',
    parentId: null,
    parentTaskId: null,
    key: null,
    flow: (made as AnyFlow).name,
    flowVersion: null,
    name: null,
    description: null,
    entrypoint: null,
    parameters: await one.home.values.encode(undefined, 'the test'),
    tags: [],
    state: stateOf('Scheduled', at),
    timeline: [['Scheduled', at]],
    attempt: 1,
    result: null,
    error: null,
    unhandled: [],
    upstream: { data: [], after: [] },
    createdAt: at,
    startedAt: null,
    endedAt: null,
    owner: null,
    rerunOf: null,
  })
  return claim(world, one)
}

const execute = (one: TestProcess, made: object, run: RunRecord) =>
  executeRun({ home: one.home, flow: made as AnyFlow, run, maySuspend: true })

async function stateNow(world: World): Promise<State> {
  return (await world.run()).state
}

describe('a run that only waits', () => {
  test('gives its process up after a while, and goes on in another as if nothing had been', async () => {
    await using world = await openWorld(quiet)
    const bodies: string[] = []
    const step = task({ name: 'step' }, (name: string) => {
      bodies.push(name)
      return name
    })
    const asks = flow({ name: 'asks' }, async () => {
      const before = await step('before')
      const value = await pause({ key: 'approve', timeout: '2d' })
      return [before, value, await step('after'), ambientRun.now.getTime()]
    })
    const one = world.process()
    const started = one.clock.now() / 1000
    const execution = execute(one, asks, await create(world, one, asks))
    await one.clock.advance(4_000)
    expect(await stateNow(world)).toMatchObject({ name: 'Paused', waitingFor: { kind: 'input', key: 'approve' } })
    await one.clock.advance(1_200)
    expect(await execution.end).toEqual({ kind: 'suspended' })
    const suspended = await stateNow(world)
    expect(suspended).toMatchObject({ name: 'Suspended', waitingFor: { kind: 'input', key: 'approve' } })
    expect(suspended.message).toContain("waits for an answer to 'approve'; goes on by itself at 2026-01-03T")
    expect(one.clock.waiting.filter((ms) => ms < 1e8)).toEqual([])
    expect(await waitsOf(world.store)).toMatchObject([{ status: 'open' }])

    await answer(world.store, 'approve', 'yes')
    const two = world.process(hour)
    const end = await execute(two, asks, await claim(world, two)).end
    expect(end).toMatchObject({ kind: 'ended', outcome: { ok: true, value: ['before', 'yes', 'after', started] } })
    expect(bodies).toEqual(['before', 'after'])
    expect((await world.run()).attempt).toBe(1)
  })

  test('is not suspended before it has waited for that long, and says Running when it goes on', async () => {
    await using world = await openWorld({ settings: { pollMs: 500 } })
    const asks = flow({ name: 'asks' }, async () => {
      for (const key of ['a', 'b', 'c']) await pause({ key })
    })
    const one = world.process()
    const execution = execute(one, asks, await create(world, one, asks))
    for (const key of ['a', 'b', 'c']) {
      await one.clock.advance(4_000)
      await answer(world.store, key, 1)
      await one.clock.advance(500)
    }
    expect(await execution.end).toMatchObject({ kind: 'ended', outcome: { ok: true } })
    const names = (await world.run()).timeline.map(([name]) => name)
    expect(names.filter((name) => name !== 'Scheduled' && name !== 'Pending')).toEqual([
      'Running',
      ...['Paused', 'Running'],
      ...['Paused', 'Running'],
      ...['Paused', 'Running'],
      'Completed',
    ])
  })

  test('waits for a long sleep, an event, or the next try, also in a child flow', async () => {
    await using world = await openWorld(quiet)
    const long = flow({ name: 'long' }, () => sleep('2h'))
    const child = flow({ name: 'child' }, async () => waitFor('file.arrived', { key: 'trips' }))
    const around = flow({ name: 'around' }, async () => child())
    const retried = flow({ name: 'retried', retries: 1, retryDelay: '1h' }, async () => {
      if (ambientRun.attempt === 1) throw new Error('not yet')
      return ambientRun.attempt
    })
    for (const [made, waitingFor] of [
      [long, 'time'],
      [around, 'event'],
      [retried, 'time'],
    ] as const) {
      const one = world.process()
      const execution = execute(one, made, await create(world, one, made))
      await one.clock.advance(5_200)
      expect(await execution.end).toEqual({ kind: 'suspended' })
      expect(await stateNow(world)).toMatchObject({ name: 'Suspended', waitingFor: { kind: waitingFor } })
    }
    expect(await waitsOf(world.store)).toMatchObject([{ kind: 'sleep', name: 'retry', status: 'open' }])
    const two = world.process(hour)
    const end = await execute(two, retried, await claim(world, two)).end
    expect(end).toMatchObject({ kind: 'ended', outcome: { ok: true, value: 2 } })
    expect(await waitsOf(world.store)).toMatchObject([{ status: 'cancelled' }])
  })

  test('that was resumed for one wait is suspended again for the next, and what it no longer waits for wakes nobody', async () => {
    await using world = await openWorld(quiet)
    const asks = flow({ name: 'asks' }, async () => {
      const first = await Promise.race([pause({ key: 'a', timeout: '1d' }), pause({ key: 'b', timeout: '1d' })])
      return [first, await pause({ key: 'c' })]
    })
    const one = world.process()
    const first = execute(one, asks, await create(world, one, asks))
    await one.clock.advance(5_200)
    expect(await first.end).toEqual({ kind: 'suspended' })
    await answer(world.store, 'b', 'b')
    const two = world.process()
    const second = execute(two, asks, await claim(world, two))
    await two.clock.advance(5_200)
    expect(await second.end).toEqual({ kind: 'suspended' })
    await answer(world.store, 'c', 'c')
    const three = world.process()
    expect(await execute(three, asks, await claim(world, three)).end).toMatchObject({
      outcome: { value: ['b', 'c'] },
    })
    expect((await waitsOf(world.store)).map(({ name, status }) => [name, status])).toEqual([
      ['b', 'done'],
      ['c', 'done'],
      ['a', 'cancelled'],
    ])
  })

  test.each(['a flow', 'a child flow'])(
    'has the rest of the time of %s when it goes on, and no more',
    async (whose) => {
      await using world = await openWorld(quiet)
      const door = gate()
      const body = async (): Promise<void> => {
        await door.promise
        await pause({ key: 'a' })
        await new Promise(() => undefined)
      }
      const limited = flow({ name: 'limited', timeout: '1m' }, body)
      const made = whose === 'a flow' ? limited : flow({ name: 'around' }, async () => limited())
      const one = world.process()
      const first = execute(one, made, await create(world, one, made))
      await one.clock.advance(40_000)
      door.open()
      await settleTurns()
      await one.clock.advance(5_200)
      expect(await first.end).toEqual({ kind: 'suspended' })
      await answer(world.store, 'a', 1)
      const two = world.process(hour)
      const second = execute(two, made, await claim(world, two))
      await two.clock.advance(19_000)
      expect((await world.run()).state.name).toBe('Running')
      await two.clock.advance(1_000)
      expect(await second.end).toMatchObject({ outcome: { ok: false, error: { code: 'FLOW_TIMEOUT' } } })
    },
  )

  test('is found as it was by who cancels it while that is being written', async () => {
    await using world = await openWorld(quiet)
    const cleaned: string[] = []
    const asks = flow({ name: 'asks' }, async () => {
      try {
        await pause({ key: 'a' })
      } finally {
        cleaned.push('up')
      }
    })
    const one = world.process()
    const run = await create(world, one, asks)
    const execution = execute(one, asks, run)
    await one.clock.advance(5_000 - 1)
    await world.store.requestCancel(run.id, stateOf('Cancelling', one.clock.now()))
    await one.clock.advance(1)
    await settleTurns(60)
    expect(await execution.end).toMatchObject({ kind: 'ended', outcome: { ok: false, name: 'Cancelled' } })
    expect(cleaned).toEqual(['up'])
    expect(await stateNow(world)).toMatchObject({ name: 'Cancelled' })
  })
})

describe('a run stays in its process', () => {
  async function staysBecause(world: World, made: object, advance = 20_000): Promise<State> {
    const one = world.process()
    const execution = execute(one, made, await create(world, one, made))
    await one.clock.advance(advance)
    const state = await stateNow(world)
    execution.cancel(new Error('the test is over'))
    await one.clock.advance(20_000)
    expect((await execution.end).kind).toBe('ended')
    return state
  }

  test('while it holds a limit', async () => {
    await using world = await openWorld(quiet)
    const holds = flow({ name: 'holds' }, async () => {
      await using _ = await limit('held over a wait', 1)
      await pause({ key: 'a' })
    })
    expect(await staysBecause(world, holds)).toMatchObject({
      name: 'Paused',
      message: "waits for an answer to 'a'; stays in its process: limit held over a wait is held",
    })
  })

  test('while a hook or a shield is not over, while a task runs, and while a wait is nearly over', async () => {
    await using world = await openWorld(quiet)
    const open = gate()
    const hooked = flow({ name: 'hooked', onRunning: () => open.promise }, () => pause({ key: 'a' }))
    const one = world.process()
    const execution = execute(one, hooked, await create(world, one, hooked))
    await one.clock.advance(20_000)
    expect((await stateNow(world)).message).toContain('a hook or shielded work is not over')
    open.open()
    await one.clock.advance(6_000)
    expect(await execution.end).toEqual({ kind: 'suspended' })
    const slow = task({ name: 'slow' }, () => sleep('20s'))
    const busy = flow({ name: 'busy' }, () =>
      Promise.race([pause({ key: 'a' }), slow().then(() => pause({ key: 'b' }))]),
    )
    expect(await staysBecause(world, busy, 15_000)).toMatchObject({ name: 'Running' })
    const soon = flow({ name: 'soon' }, () => Promise.race([pause({ key: 'a' }), sleep('25s')]))
    expect((await staysBecause(world, soon)).message).toContain('a time ends within 30 s')
    const short = flow({ name: 'short' }, () => sleep('25s'))
    expect(await staysBecause(world, short)).toMatchObject({ name: 'Running' })
  })

  test('that waits for its next try in a script, and the wait ends with it', async () => {
    await using world = await openWorld(quiet)
    const one = world.process()
    const body = flow({ name: 'f', retries: 1, retryDelay: '1h' }, () => {
      if (ambientRun.attempt === 1) throw new Error('not yet')
    })
    const root = one.start(body)
    await one.clock.advance(10 * minute)
    expect(await stateNow(world)).toMatchObject({ name: 'AwaitingRetry', waitingFor: { kind: 'time' } })
    expect(await waitsOf(world.store)).toMatchObject([{ name: 'retry', status: 'open' }])
    await one.clock.advance(hour)
    await root
    expect(await waitsOf(world.store)).toMatchObject([{ name: 'retry', status: 'done' }])
  })

  test('that runs a script: it says that it is Paused and nothing more', async () => {
    await using world = await openWorld(quiet)
    const one = world.process()
    const root = one.start(flow({ name: 'f' }, () => sleep('2h')))
    await one.clock.advance(10 * minute)
    expect(await stateNow(world)).toMatchObject({
      name: 'Paused',
      waitingFor: { kind: 'time', until: expect.any(Number) },
    })
    await one.clock.advance(2 * hour)
    await root
    expect((await world.run()).timeline.map(([name]) => name)).toEqual(['Running', 'Paused', 'Running', 'Completed'])
  })
})

test('a run that pauses again and again keeps a short timeline', async () => {
  await using world = await openWorld(quiet)
  const one = world.process()
  const root = one.start(
    flow({ name: 'f' }, async () => {
      for (let i = 0; i < 300; i++) await sleep('1m')
    }),
  )
  await one.clock.advance(300 * minute)
  await root
  const { timeline } = await world.run()
  expect(timeline.length).toBeLessThanOrEqual(202)
  expect(timeline.at(0)?.[0]).toBe('Running')
  expect(timeline.at(-1)?.[0]).toBe('Completed')
})
