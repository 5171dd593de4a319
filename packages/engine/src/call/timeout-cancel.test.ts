import { stateOf } from '@sluice/core'
import { settleTurns } from '@sluice/testing'
import { expect, test } from 'vitest'
import { errorOf, expectCode, gate, openWorld } from '../harness.testsuite.ts'
import { flow, pause, run, sleep, task } from '../index.ts'
import { answer } from '../wait/answering.fixture.ts'

const never = (): Promise<never> => new Promise(() => undefined)
const works = task({ name: 'works' }, () => 'done')
/** Aborts are seen in the order they come. */
const untilAbort = (): Promise<string> =>
  new Promise((resolve) => run.signal.addEventListener('abort', () => resolve((run.signal.reason as Error).message)))

test('a task that takes longer than its timeout fails with TASK_TIMEOUT and ends TimedOut; its signal aborts', async () => {
  await using world = await openWorld()
  const aborted = gate<string>()
  const slow = task({ name: 'slow', timeout: '30s' }, () => {
    void untilAbort().then((reason) => aborted.open(reason))
    return never()
  })
  const one = world.process()
  const root = one.start(flow({ name: 'f' }, async () => slow()))
  root.catch(() => undefined)
  await one.clock.advance(29_999)
  expect((await world.run()).state.name).toBe('Running')
  await one.clock.advance(1)
  expect((await expectCode(root, 'TASK_TIMEOUT')).message).toContain('30 s')
  expect(await aborted.promise).toContain('30 s')
  expect((await world.tasks())[0]).toMatchObject({ state: { name: 'TimedOut' }, error: { code: 'TASK_TIMEOUT' } })
})

test('a flow that takes longer than its timeout cancels what runs in it, and ends TimedOut', async () => {
  await using world = await openWorld()
  const stuck = task({ name: 'stuck' }, never)
  const one = world.process()
  const root = one.start(flow({ name: 'f', timeout: '1m' }, async () => stuck()))
  root.catch(() => undefined)
  await one.clock.advance(60_000)
  await expectCode(root, 'FLOW_TIMEOUT')
  expect(await world.run()).toMatchObject({ state: { name: 'TimedOut' }, error: { code: 'FLOW_TIMEOUT' } })
  expect((await world.tasks())[0]).toMatchObject({ state: { name: 'Cancelled' }, checkpoint: false })
})

test('the time of a flow stands still while its run only waits', async () => {
  await using world = await openWorld({ settings: { pollMs: 1_000 } })
  const one = world.process()
  const root = one.start(
    flow({ name: 'f', timeout: '1m' }, async () => {
      await pause({ key: 'k' })
      await never()
    }),
  )
  root.catch(() => undefined)
  await one.clock.advance(3_600_000)
  expect((await world.run()).state.name).toBe('Paused')
  expect(await answer(world.store, 'k', 1)).toBe('answered')
  await one.clock.advance(1_000)
  expect((await world.run()).state.name).toBe('Running')
  await one.clock.advance(60_000)
  await expectCode(root, 'FLOW_TIMEOUT')
})

test.each([
  ['nothing that it recorded', 60_000],
  ['a task that it finished', 120_000],
])('a crash that is noted a night later counts no longer than until a minute after %s', async (what, counted) => {
  await using world = await openWorld({ settings: { pollMs: 1e9 } })
  const door = gate()
  const step = task({ name: 'step' }, () => door.promise)
  const made = flow({ name: 'f', timeout: '1h' }, async () => {
    await step()
    await never()
  })
  const one = world.process()
  one.start(made).catch(() => undefined)
  await one.clock.advance(60_000)
  if (what.startsWith('a task')) door.open()
  await one.clock.advance(30_000)
  await one.kill(8 * 3_600_000)
  door.open()
  const two = world.process(9 * 3_600_000)
  const end = two.goOn(made)
  await two.clock.advance(3_600_000 - counted - 1)
  expect((await world.run()).state.name).toBe('Running')
  await two.clock.advance(1)
  await expectCode(end, 'FLOW_TIMEOUT')
})

test('a crash does not begin the time of an attempt anew, and nothing counts until the run goes on', async () => {
  await using world = await openWorld({ settings: { pollMs: 1e9 } })
  const made = flow({ name: 'f', timeout: '1m' }, async () => never())
  const one = world.process()
  one.start(made).catch(() => undefined)
  await one.clock.advance(40_000)
  await one.kill()
  const two = world.process(3_600_000)
  const end = two.goOn(made)
  await two.clock.advance(19_999)
  expect((await world.run()).state.name).toBe('Running')
  await two.clock.advance(1)
  await expectCode(end, 'FLOW_TIMEOUT')
})

test('a body that is done in time stops the clock of its timeout', async () => {
  await using world = await openWorld({ settings: { pollMs: 1e9 } })
  const quick = task({ name: 'quick', timeout: '1h' }, () => 1)
  const one = world.process()
  const hold = gate()
  const root = one.start(
    flow({ name: 'f' }, async () => {
      await quick()
      await hold.promise
    }),
  )
  await settleTurns()
  expect(one.clock.waiting.filter((ms) => ms === 3_600_000)).toEqual([])
  hold.open()
  await root
})

test('what a timed-out body still returns or throws is discarded', async () => {
  await using world = await openWorld()
  const late = gate<string>()
  const slow = task({ name: 'slow', timeout: '1s', retries: 1 }, async () =>
    run.attempt === 1 ? late.promise : 'second',
  )
  const one = world.process()
  const hold = gate()
  const root = one.start(
    flow({ name: 'f' }, async () => {
      const value = await slow()
      await hold.promise
      return value
    }),
  )
  await one.clock.advance(1_000)
  late.open('too late')
  hold.open()
  expect(await root).toBe('second')
  expect(await world.tasks()).toMatchObject([{ state: { name: 'Completed' }, attempt: 2 }])
})

test('calls and waits of an attempt that has ended are refused', async () => {
  await using world = await openWorld()
  const after = gate()
  const refusals: unknown[] = []
  const done = gate()
  const leaks = task({ name: 'leaks' }, () => {
    void after.promise.then(async () => {
      refusals.push(await errorOf(works()), await errorOf(sleep('1s')), await errorOf(works.map([undefined] as never)))
      done.open()
    })
  })
  const body = flow({ name: 'f' }, async () => {
    await leaks()
    after.open()
    await done.promise
  })
  await world.process().start(body)
  expect(refusals).toMatchObject([{ code: 'ATTEMPT_CLOSED' }, { code: 'ATTEMPT_CLOSED' }, { code: 'ATTEMPT_CLOSED' }])
  expect(await world.tasks('works')).toEqual([])
})

test('a cancelled run: tasks get the signal, calls are refused, the body may clean up, and the end is Cancelled', async () => {
  await using world = await openWorld()
  const told: string[] = []
  const watches = task({ name: 'watches' }, async () => {
    told.push(await untilAbort())
  })
  const cleanup = gate()
  const body = flow({ name: 'f' }, async () => {
    try {
      await watches()
    } finally {
      told.push((await errorOf(works())).message)
      await cleanup.promise
      told.push('cleaned up')
    }
  })
  const one = world.process()
  const root = one.start(body)
  root.catch(() => undefined)
  await settleTurns()
  root.cancel('stop it')
  await settleTurns()
  expect((await world.run()).state.name).not.toBe('Cancelled')
  cleanup.open()
  expect((await errorOf(root)).message).toContain('stop it')
  expect(told).toMatchObject([expect.stringContaining('stop it'), expect.stringContaining('stop it'), 'cleaned up'])
  expect((await world.run()).state.name).toBe('Cancelled')
  expect((await world.tasks())[0]).toMatchObject({ state: { name: 'Cancelled' }, checkpoint: false })
})

test('a cancelled body that does not end is given up after the grace time', async () => {
  await using world = await openWorld({ settings: { graceMs: 5_000 } })
  const one = world.process()
  const root = one.start(flow({ name: 'f' }, () => never()))
  root.catch(() => undefined)
  await settleTurns()
  root.cancel()
  await one.clock.advance(4_999)
  expect((await world.run()).state.name).toBe('Cancelling')
  await one.clock.advance(1)
  await expectCode(root, 'TASK_CANCELLED')
  expect((await world.run()).state.name).toBe('Cancelled')
})

test('a run that another process asks to cancel notices by polling', async () => {
  await using world = await openWorld({ settings: { pollMs: 500 } })
  const one = world.process()
  const root = one.start(flow({ name: 'f' }, () => sleep('1h')))
  root.catch(() => undefined)
  await settleTurns()
  await world.store.requestCancel(
    (await world.run()).id,
    stateOf('Cancelling', one.clock.now(), { message: 'by hand' }),
  )
  await one.clock.advance(500)
  await expectCode(root, 'RUN_CANCELLED')
  expect((await world.run()).state.name).toBe('Cancelled')
})

test('a run that another process asks to cancel notices with its next journal batch', async () => {
  await using world = await openWorld({ settings: { pollMs: 1e9 } })
  const hold = gate()
  const held = task({ name: 'held' }, async () => hold.promise)
  const one = world.process()
  const root = one.start(
    flow({ name: 'f' }, async () => {
      await held()
      await sleep('1h')
    }),
  )
  root.catch(() => undefined)
  await settleTurns()
  await world.store.requestCancel((await world.run()).id, stateOf('Cancelling', one.clock.now()))
  hold.open()
  await expectCode(root, 'RUN_CANCELLED')
})

test('run.shield lets a clean-up call tasks after a cancel, and the run waits for it', async () => {
  await using world = await openWorld()
  const hold = gate()
  const release = task({ name: 'release' }, async () => hold.promise)
  const body = flow({ name: 'f' }, async () => {
    try {
      await sleep('1h')
    } finally {
      void run.shield(async () => {
        expect(run.signal.aborted).toBe(false)
        await release()
      })
    }
  })
  const one = world.process()
  const root = one.start(body)
  root.catch(() => undefined)
  await settleTurns()
  root.cancel()
  await settleTurns()
  expect((await world.run()).state.name).toBe('Cancelling')
  hold.open()
  await errorOf(root)
  expect(await world.tasks('release')).toMatchObject([{ state: { name: 'Completed' } }])
})

test('a cancelled task may clean up in a shield too, though it has ended for its caller', async () => {
  await using world = await openWorld()
  const release = task({ name: 'release' }, () => 'released')
  const held = task({ name: 'held' }, async () => {
    try {
      await untilAbort()
    } finally {
      await run.shield(() => release())
    }
  })
  const body = flow({ name: 'f' }, async () => {
    const future = held()
    await settleTurns(2)
    future.cancel()
    await future.settled()
  })
  await world.process().start(body)
  expect(await world.tasks('release')).toMatchObject([{ state: { name: 'Completed' } }])
})

test('cancelling reaches nested tasks, child runs and maps', async () => {
  await using world = await openWorld()
  const told: string[] = []
  const leaf = task({ name: 'leaf', concurrency: 2 }, async (n: number) => {
    told.push(`${n} ${(await untilAbort()).slice(0, 3)}`)
  })
  const nested = task({ name: 'nested' }, async () => leaf(1))
  const child = flow({ name: 'child' }, async () => leaf(2))
  const body = flow({ name: 'f' }, () => Promise.all([nested(), child(), leaf.map([3, 4, 5])]))
  const one = world.process()
  const root = one.start(body)
  root.catch(() => undefined)
  await settleTurns()
  root.cancel()
  await errorOf(root)
  await settleTurns()
  expect(told.length).toBe(2)
  expect((await world.children())[0]?.state.name).toBe('Cancelled')
  expect(new Set((await world.tasks()).map((row) => row.state.name))).toEqual(new Set(['Cancelled']))
})

test('a task cancelled while it looks into the cache does not run', async () => {
  await using world = await openWorld()
  const ran: string[] = []
  const cached = task({ name: 'cached', cache: {} }, () => void ran.push('ran'))
  const body = flow({ name: 'f' }, async () => {
    const future = cached()
    future.cancel('changed my mind')
    return (await errorOf(future)).message
  })
  expect(await world.process().start(body)).toContain('changed my mind')
  expect(ran).toEqual([])
})

test('cancelling one task leaves its siblings alone', async () => {
  await using world = await openWorld()
  const hold = gate()
  const held = task({ name: 'held' }, async (_given: number) => hold.promise.then(() => 'fine'))
  const body = flow({ name: 'f' }, async () => {
    const [a, b] = [held(1), held(2)]
    a.cancel()
    await a.settled()
    hold.open()
    return b
  })
  expect(await world.process().start(body)).toBe('fine')
})

test('a flow that times out is over at once, whatever its body does', async () => {
  await using world = await openWorld({ settings: { graceMs: 5_000 } })
  const one = world.process()
  const root = one.start(flow({ name: 'f', timeout: '300ms' }, () => never()))
  root.catch(() => undefined)
  await settleTurns()
  await one.clock.advance(300)
  await expectCode(root, 'FLOW_TIMEOUT')
  expect((await world.run()).state.name).toBe('TimedOut')
})
