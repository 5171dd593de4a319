import { SluiceError } from '@sluice/core'
import { settleTurns } from '@sluice/testing'
import { expect, test } from 'vitest'
import { errorOf, expectCode, gate, openWorld } from '../harness.testsuite.ts'
import { flow, run, task, type TaskFuture } from '../index.ts'

const fails = task({ name: 'fails' }, (text: string) => {
  throw new Error(text)
})
const works = task({ name: 'works' }, () => 'done')
/** A task that ends when it is told to. */
const holding = (hold: Promise<unknown>) => task({ name: 'held' }, async () => hold)

test('a run whose body returned waits for tasks that nobody awaited', async () => {
  await using world = await openWorld()
  const hold = gate()
  const held = holding(hold.promise)
  let ended = false
  const root = world.process().start(
    flow({ name: 'forgetful' }, () => {
      void held()
      return 'early'
    }),
  )
  void root.then(() => (ended = true))
  await settleTurns()
  expect(ended).toBe(false)
  hold.open()
  expect(await root).toBe('early')
  expect(await world.tasks()).toMatchObject([{ name: 'held', state: { name: 'Completed' } }])
})

test('what a forgotten task sets off is waited for too', async () => {
  await using world = await openWorld()
  const body = flow({ name: 'f' }, () => {
    void works().then(async () => {
      await works()
      void works()
    })
  })
  await world.process().start(body)
  expect(await world.tasks('works')).toHaveLength(3)
})

test('a task waits for the tasks it forgot to await', async () => {
  await using world = await openWorld()
  const hold = gate()
  const held = holding(hold.promise)
  const outer = task({ name: 'outer' }, () => {
    void held()
    return 1
  })
  const root = world.process().start(flow({ name: 'f' }, async () => outer()))
  await settleTurns()
  expect((await world.tasks('outer'))[0]?.state.type).not.toBe('completed')
  hold.open()
  expect(await root).toBe(1)
})

test("a body that threw: running tasks finish and are recorded without a signal, nothing new starts, and the run ends with the body's error", async () => {
  await using world = await openWorld()
  const hold = gate()
  let aborted: boolean | undefined
  const held = task({ name: 'held' }, async () => {
    await hold.promise
    aborted = run.signal.aborted
    return 'finished'
  })
  const late: unknown[] = []
  const root = world.process().start(
    flow({ name: 'f' }, async () => {
      const running = held()
      void running.then(async () => late.push(await errorOf(works())))
      throw new Error('boom')
    }),
  )
  await settleTurns()
  hold.open()
  expect((await errorOf(root)).message).toBe('boom')
  expect(aborted).toBe(false)
  expect(late).toMatchObject([{ code: 'TASK_CANCELLED', message: expect.stringContaining('f has already failed') }])
  expect(await world.tasks()).toMatchObject([{ name: 'held', state: { name: 'Completed' }, checkpoint: true }])
})

test('queued map items of a body that threw end Cancelled, without running', async () => {
  await using world = await openWorld()
  const hold = gate()
  const ran: number[] = []
  const item = task({ name: 'item', concurrency: 2 }, async (n: number) => {
    ran.push(n)
    await hold.promise
    return n
  })
  let futures: TaskFuture<number>[] = []
  const root = world.process().start(
    flow({ name: 'f' }, async () => {
      futures = Array.from(item.map([0, 1, 2, 3]))
      throw new Error('boom')
    }),
  )
  await settleTurns()
  hold.open()
  expect((await errorOf(root)).message).toBe('boom')
  expect(ran).toEqual([0, 1])
  expect(futures.map((future) => future.state.name)).toEqual(['Completed', 'Completed', 'Cancelled', 'Cancelled'])
  expect((await errorOf(futures[3] as TaskFuture<number>)).message).toContain('f has already failed')
})

test("onError: 'cancel' cancels the siblings of a failure; the run still ends with the first error", async () => {
  await using world = await openWorld()
  const reasons: string[] = []
  const sibling = task(
    { name: 'sibling' },
    () =>
      new Promise<void>(() =>
        run.signal.addEventListener('abort', () => reasons.push((run.signal.reason as Error).message)),
      ),
  )
  const body = flow({ name: 'f', onError: 'cancel' }, () => Promise.all([sibling(), fails('boom')]))
  expect((await errorOf(world.process().start(body))).message).toBe('boom')
  expect(reasons).toMatchObject([expect.stringContaining('f failed')])
  expect(await world.tasks('sibling')).toMatchObject([{ state: { name: 'Cancelled' } }])
})

test('a failure that nobody observed fails the flow', async () => {
  await using world = await openWorld()
  const body = flow({ name: 'f' }, async () => {
    fails('nobody looked')
    return 'fine'
  })
  expect((await errorOf(world.process().start(body))).message).toBe('nobody looked')
  expect(await world.run()).toMatchObject({ state: { name: 'Failed', message: 'nobody looked' }, result: null })
})

test.each([
  ['then', (future: TaskFuture<never>) => void future.then(undefined, () => undefined)],
  ['catch', (future: TaskFuture<never>) => void future.catch(() => undefined)],
  ['settled', (future: TaskFuture<never>) => void future.settled()],
])('a failure observed by %s does not fail the flow', async (_, observe) => {
  await using world = await openWorld()
  const body = flow({ name: 'f' }, () => {
    observe(fails('looked at'))
    return 'fine'
  })
  expect(await world.process().start(body)).toBe('fine')
})

test('a failure is observed when it is an argument of a task that was observed, and not when nobody observed that one', async () => {
  await using world = await openWorld()
  const takes = task({ name: 'takes' }, (_given: { readonly input: unknown }) => 'never')
  const observed = flow({ name: 'observed' }, async () => {
    await takes({ input: fails('inner') }).settled()
    return 'fine'
  })
  expect(await world.process().start(observed)).toBe('fine')
  const forgotten = flow({ name: 'forgotten' }, async () => {
    takes({ input: fails('inner') })
    return 'fine'
  })
  expect((await errorOf(world.process().start(forgotten))).message).toBe('inner')
})

test('a failed item of a map that was awaited and caught is observed', async () => {
  await using world = await openWorld()
  const body = flow({ name: 'f' }, async () => {
    const failed = await fails.map(['a', 'b']).catch((error: unknown) => (error as Error).message)
    return failed
  })
  expect(await world.process().start(body)).toBe('a')
  expect((await errorOf(world.process().start(flow({ name: 'g' }, () => void fails.map(['c']))))).message).toBe('c')
})

test('a caught failure leaves the run Completed', async () => {
  await using world = await openWorld()
  const body = flow({ name: 'f' }, async () => {
    try {
      return await fails('first')
    } catch {
      return works()
    }
  })
  expect(await world.process().start(body)).toBe('done')
  expect((await world.run()).state.name).toBe('Completed')
})

test.each([
  ['at once, in a body without tasks', () => void Promise.reject(new Error('stray'))],
  [
    'later, while a task runs',
    async () => {
      void (async () => {
        await Promise.resolve()
        throw new Error('stray')
      })()
      await works()
    },
  ],
])('an unhandled rejection of a plain promise fails the run, not the process: %s', async (_, body) => {
  await using world = await openWorld()
  expect((await errorOf(world.process().start(flow({ name: 'f' }, body)))).message).toBe('stray')
  expect((await world.run()).state.name).toBe('Failed')
})

test('an unhandled rejection in a task that has ended fails the flow that called it', async () => {
  await using world = await openWorld()
  const leaves = task({ name: 'leaves' }, () => {
    void Promise.reject(new Error('stray'))
    return 1
  })
  expect((await errorOf(world.process().start(flow({ name: 'f' }, async () => leaves())))).message).toBe('stray')
})

test('a throw of something that is not an Error is an error of its own', async () => {
  await using world = await openWorld()
  const throws = task({ name: 'throws' }, () => {
    throw 'only text'
  })
  const error = await expectCode(world.process().start(flow({ name: 'f' }, async () => throws())), 'NON_ERROR_THROWN')
  expect(error.message).toContain('only text')
})

test('recursion without end is an error, not a full memory', async () => {
  await using world = await openWorld()
  const again: (n: number) => Promise<number> = async (n) => deeper(n)
  const deeper = task({ name: 'deeper' }, (n: number): Promise<number> => again(n + 1))
  await expectCode(world.process().start(flow({ name: 'f' }, async () => deeper(0))), 'RECURSION_TOO_DEEP')
})

test('a call made after its run has ended is refused', async () => {
  await using world = await openWorld()
  const after = gate()
  const refused = gate<unknown>()
  const body = flow({ name: 'f' }, () => {
    void after.promise.then(() => works()).catch((error: unknown) => refused.open(error))
  })
  await world.process().start(body)
  after.open()
  expect(await refused.promise).toBeInstanceOf(SluiceError)
  expect(await refused.promise).toMatchObject({ code: 'ATTEMPT_CLOSED' })
  expect(await world.tasks()).toEqual([])
})

test('runs that follow each other leave no listener at the process', async () => {
  await using world = await openWorld()
  const listeners = (): number[] =>
    ['unhandledRejection', 'SIGINT', 'SIGTERM'].map((name) => process.listenerCount(name))
  const before = listeners()
  const one = world.process()
  for (let i = 0; i < 3; i++) await one.start(flow({ name: 'f' }, () => i))
  await settleTurns()
  expect(listeners()).toEqual(before)
})
