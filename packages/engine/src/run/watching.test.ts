import { SluiceError, stateOf } from '@sluice/core'
import { settleTurns } from '@sluice/testing'
import { expect, test } from 'vitest'
import { expectCode, gate, openWorld } from '../harness.testsuite.ts'
import { executeRun, flow, pause, run, startRun, task } from '../index.ts'
import { answer } from '../wait/answering.fixture.ts'

test('one task can be cancelled from outside, once: what its flow makes of it is the flow’s', async () => {
  await using world = await openWorld({ settings: { pollMs: 500 } })
  const signals: AbortSignal[] = []
  const door = gate()
  const stuck = task({ name: 'stuck' }, async () => {
    signals.push(run.signal)
    await door.promise
    return 'second'
  })
  const one = world.process()
  const body = flow({ name: 'f' }, async () => {
    const first = await stuck().settled()
    return [first.status === 'rejected' && (first.reason as { code?: string }).code, await stuck()]
  })
  const root = one.start(body)
  await one.clock.advance(2_000)
  const [row] = await world.tasks('stuck')
  await world.store.requestTaskCancel((await world.run()).id, row?.id ?? '')
  await one.clock.advance(500)
  expect(signals.map((signal) => signal.aborted)).toEqual([true, false])
  await one.clock.advance(2_000)
  expect(signals.map((signal) => signal.aborted)).toEqual([true, false])
  door.open()
  expect(await root).toEqual(['TASK_CANCELLED', 'second'])
})

test('a store that pushes news is asked again at once, with what is known already', async () => {
  await using world = await openWorld({ settings: { pollMs: 1e9 } })
  const one = world.process()
  const asked: unknown[] = []
  let news = gate()
  const store = {
    ...one.home.store,
    controlIsPushed: true,
    async readControl(id: string, options?: { readonly waitMs: number; readonly seen: unknown }) {
      asked.push([options?.waitMs ?? 0, options?.seen !== undefined])
      if (options?.seen !== undefined) await news.promise
      return world.store.readControl(id)
    },
  }
  const body = flow({ name: 'f' }, () => pause({ key: 'a' }))
  const root = startRun(body, undefined, {
    home: { ...one.home, store },
    reporter: { event: () => undefined },
  })
  await settleTurns()
  await answer(world.store, 'a', 'pushed')
  const woken = news
  news = gate()
  woken.open()
  await settleTurns()
  expect(await root).toBe('pushed')
  expect(asked.slice(0, 3)).toEqual([
    [20_000, false],
    [20_000, true],
    [20_000, true],
  ])
})

test.each(['readControl', 'getCached'] as const)(
  'an owner whose %s finds another owner gives its run up',
  async (method) => {
    await using world = await openWorld({ settings: { pollMs: 500 } })
    const one = world.process()
    const store = {
      ...one.home.store,
      [method]: () => Promise.reject(new SluiceError('RUN_FENCED', { run: 'r', epoch: 2 })),
    }
    const bodies: AbortSignal[] = []
    const cached = task({ name: 'cached', cache: { by: ['inputs'] } }, () => bodies.push(run.signal))
    const body = flow({ name: 'f' }, async () => {
      if (method === 'getCached') return cached()
      bodies.push(run.signal)
      return pause({ key: 'k' })
    })
    const root = startRun(body, undefined, { home: { ...one.home, store }, reporter: { event: () => undefined } })
    const lost = expectCode(root, 'RUN_FENCED')
    await one.clock.advance(1_000)
    await lost
    expect(bodies.map((signal) => signal.aborted)).toEqual(method === 'getCached' ? [] : [true])
  },
)

test('a short run never asks for news, one that lasts does', async () => {
  await using world = await openWorld({ settings: { pollMs: 1e9 } })
  const one = world.process()
  let asked = 0
  const store = {
    ...one.home.store,
    controlIsPushed: true,
    readControl: (id: string) => {
      asked++
      return asked === 1 ? world.store.readControl(id) : new Promise<never>(() => undefined)
    },
  }
  const options = { home: { ...one.home, store }, reporter: { event: () => undefined } }
  await startRun(
    flow({ name: 'short' }, () => 1),
    undefined,
    options,
  )
  await one.clock.advance(1_000)
  expect(asked).toBe(0)
  const door = gate()
  const long = startRun(
    flow({ name: 'long' }, () => door.promise),
    undefined,
    options,
  )
  await settleTurns()
  expect(asked).toBe(0)
  await one.clock.advance(250)
  expect(asked).toBeGreaterThan(0)
  door.open()
  await long
})

test('run.interval and run.deployment say what the run stands for, and nothing in a script', async () => {
  await using world = await openWorld({ settings: { pollMs: 1e9 } })
  const seen: unknown[] = []
  const body = flow({ name: 'f' }, () => {
    seen.push(run.interval, run.deployment)
  })
  const one = world.process()
  await one.start(body)
  expect(seen).toEqual([undefined, undefined])
  const record = await world.run()
  const [start, end] = [Date.UTC(2026, 0, 1), Date.UTC(2026, 0, 2)]
  const origin = { interval: { start: start * 1000, end: end * 1000 } }
  const deployment = { id: 'd', name: 'f/daily', version: 3 }
  const at = one.clock.now()
  const fresh = {
    ...record,
    id: one.home.settings.platform.newId(),
    epoch: 1,
    journalSeq: 0,
    state: stateOf('Pending', at),
  }
  const made = {
    ...fresh,
    rootId: fresh.id,
    timeline: [['Pending', at]],
    startedAt: null,
    endedAt: null,
    origin,
  } as never
  await world.store.createRun(made)
  await executeRun({ home: { ...one.home, deployment }, flow: body, run: { ...(made as typeof record) } }).end
  expect(seen.slice(2)).toEqual([{ start: new Date(start), end: new Date(end) }, deployment])
})
