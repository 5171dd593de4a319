import { backoff, type RetryDelay } from '@sluice/core'
import { settleTurns } from '@sluice/testing'
import { expect, test } from 'vitest'
import { errorOf, expectCode, openWorld, stepsOf } from '../harness.testsuite.ts'
import { flow, run, task } from '../index.ts'

/** A task that fails so many times, and when it was tried. */
function flaky(failures: number, options: object = {}) {
  const tries: number[] = []
  const made = task({ name: 'flaky', retries: 3, ...options }, () => {
    tries.push(run.attempt)
    if (tries.length <= failures) throw new Error(`failure ${tries.length}`)
    return tries.length
  })
  return { task: made, tries }
}

test.each<[string, RetryDelay, readonly number[]]>([
  ['a duration repeats', '2s', [2000, 2000, 2000]],
  ['of a list the last repeats', ['1s', '5s'], [1000, 5000, 5000]],
  ['backoff doubles', backoff({ initial: '1s' }), [1000, 2000, 4000]],
  ['backoff has a top', backoff({ initial: '10s', factor: 10, max: '1m' }), [10_000, 60_000, 60_000]],
])('retries wait: %s', async (_, retryDelay, delays) => {
  await using world = await openWorld({ settings: { pollMs: 1e9 } })
  const { task: step, tries } = flaky(3, { retryDelay })
  const one = world.process()
  const root = one.start(flow({ name: 'f' }, async () => step()))
  await settleTurns()
  for (const [failed, delay] of delays.entries()) {
    expect(one.clock.waiting[0]).toBe(delay)
    await one.clock.advance(delay - 1)
    expect(tries).toHaveLength(failed + 1)
    await one.clock.advance(1)
    expect(tries).toHaveLength(failed + 2)
  }
  expect(await root).toBe(4)
  expect(tries).toEqual([1, 2, 3, 4])
})

test.each([
  [0, 500],
  [0.5, 1000],
  [0.999_999, 1499.999],
])('jitter spreads the delay around it: at chance %d a second with jitter 0.5 is %d ms', async (chance, delay) => {
  await using world = await openWorld({ settings: { pollMs: 1e9 } })
  const { task: step } = flaky(1, { retryDelay: '1s', retryJitter: 0.5 })
  const one = world.process()
  Object.assign(one.clock, { random: () => chance })
  const root = one.start(flow({ name: 'f' }, async () => step()))
  await settleTurns()
  expect(one.clock.waiting[0]).toBeCloseTo(delay, 2)
  await one.clock.advance(2000)
  expect(await root).toBe(2)
})

test("retries end, and the last error is the call's", async () => {
  await using world = await openWorld()
  const { task: step } = flaky(9)
  expect((await errorOf(world.process().start(flow({ name: 'f' }, async () => step())))).message).toBe('failure 4')
  expect((await world.tasks())[0]).toMatchObject({
    state: { name: 'Failed' },
    attempt: 4,
    error: { message: 'failure 4' },
  })
})

test('retryIf is asked with the error and the attempt; false is final, and so is a throw in it', async () => {
  await using world = await openWorld()
  const asked: unknown[] = []
  const once = flaky(9, {
    retryIf: (error: Error, attempt: number) => {
      asked.push([error.message, attempt])
      return attempt < 2
    },
  })
  await errorOf(world.process().start(flow({ name: 'f' }, async () => once.task())))
  expect(asked).toEqual([
    ['failure 1', 1],
    ['failure 2', 2],
  ])
  expect(once.tries).toEqual([1, 2])
  const broken = flaky(9, {
    retryIf: () => {
      throw new Error('in retryIf')
    },
  })
  expect((await errorOf(world.process().start(flow({ name: 'f' }, async () => broken.task())))).message).toBe(
    'failure 1',
  )
})

test('while it waits, the row says AwaitingRetry, why, and until when', async () => {
  await using world = await openWorld()
  const { task: step } = flaky(1, { retryDelay: '10m' })
  const one = world.process()
  const root = one.start(flow({ name: 'f' }, async () => step()))
  await settleTurns()
  const until = one.clock.now() + 600_000_000
  expect((await world.tasks())[0]).toMatchObject({
    state: { name: 'AwaitingRetry', message: 'failure 1', waitingFor: { kind: 'time', until } },
    attempt: 1,
    checkpoint: false,
    endedAt: null,
  })
  await one.clock.advance(600_000)
  expect(await root).toBe(2)
  const [row] = await world.tasks()
  expect(stepsOf(row as never)).toEqual(['Running', 'AwaitingRetry', 'Retrying', 'Completed'])
  expect(row).toMatchObject({ attempt: 2, state: { name: 'Completed' }, error: null })
})

test('a crash while a task waits for its retry: the count goes on, and only the rest of the delay is waited for', async () => {
  await using world = await openWorld({ settings: { pollMs: 1e9 } })
  const { task: step, tries } = flaky(2, { retryDelay: '1h', retries: 2 })
  const body = flow({ name: 'f' }, async () => step())
  const first = world.process()
  first.start(body).catch(() => undefined)
  await settleTurns()
  await first.clock.advance(60 * 60_000)
  await first.clock.advance(20 * 60_000)
  await first.kill()
  const second = world.process(10 * 60_000)
  const resumed = second.goOn(body)
  await settleTurns()
  expect(second.clock.waiting[0]).toBe(30 * 60_000)
  await second.clock.advance(30 * 60_000 - 1)
  expect(tries).toEqual([1, 2])
  await second.clock.advance(1)
  expect(await resumed).toBe(3)
  expect(tries).toEqual([1, 2, 3])
})

test('a crash while a child run waits for its retry: its count goes on too', async () => {
  await using world = await openWorld({ settings: { pollMs: 1e9 } })
  const tries: number[] = []
  const child = flow({ name: 'child', retries: 1, retryDelay: '1h' }, () => {
    tries.push(run.attempt)
    if (run.attempt === 1) throw new Error('once')
    return 'second'
  })
  const body = flow({ name: 'f' }, async () => child())
  const first = world.process()
  first.start(body).catch(() => undefined)
  await settleTurns()
  await first.kill()
  const second = world.process(15 * 60_000)
  const resumed = second.goOn(body)
  await settleTurns()
  expect(tries).toEqual([1])
  await second.clock.advance(60 * 60_000)
  expect(await resumed).toBe('second')
  expect(tries).toEqual([1, 2])
})

test('a crash in the middle of an attempt runs that attempt again, not the next', async () => {
  await using world = await openWorld()
  const tries: number[] = []
  let hang = true
  const step = task({ name: 'step', retries: 3 }, () => {
    tries.push(run.attempt)
    if (tries.length === 1) throw new Error('first')
    return hang ? new Promise(() => undefined) : 'done'
  })
  const body = flow({ name: 'f' }, async () => step())
  const first = world.process()
  first.start(body).catch(() => undefined)
  // Attempt 2 lasts, so that its row is written.
  await first.clock.advance(3_000)
  await first.kill()
  hang = false
  expect(await world.process().goOn(body)).toBe('done')
  expect(tries).toEqual([1, 2, 2])
})

test('a flow retries as a whole: what it finished is reused, what it had not handled runs again', async () => {
  await using world = await openWorld()
  const ran: string[] = []
  const good = task({ name: 'good' }, () => void ran.push('good'))
  const bad = task({ name: 'bad' }, () => {
    ran.push('bad')
    if (ran.filter((name) => name === 'bad').length === 1) throw new Error('once')
    return 'now'
  })
  const body = flow({ name: 'f', retries: 1 }, async () => {
    await good()
    return [run.attempt, await bad()]
  })
  expect(await world.process().start(body)).toEqual([2, 'now'])
  expect(ran).toEqual(['good', 'bad', 'bad'])
  expect((await world.run()).attempt).toBe(2)
})

test.each(['task', 'child'])(
  'a %s retries as a whole too: what failed inside runs again, what was caught or finished does not',
  async (kind) => {
    await using world = await openWorld()
    const ran: string[] = []
    const inner = task({ name: 'inner' }, (name: string) => {
      ran.push(name)
      if (name === 'caught' || ran.filter((one) => one === 'bad').length === 1) throw new Error(name)
      return name
    })
    const work = async (): Promise<unknown[]> => [
      await inner('good').catch(() => 'never'),
      (await inner('caught').settled()).status,
      await inner('bad'),
    ]
    const options = { name: 'outer', retries: 1 }
    const outer = kind === 'task' ? task(options, work) : flow(options, work)
    expect(await world.process().start(flow({ name: 'f' }, async () => outer()))).toEqual(['good', 'rejected', 'bad'])
    expect(ran).toEqual(['good', 'caught', 'bad', 'bad'])
  },
)

test('a task that failed for good has all its retries again in the next attempt of its flow', async () => {
  await using world = await openWorld()
  const { task: step, tries } = flaky(3, { retries: 1 })
  expect(await world.process().start(flow({ name: 'f', retries: 1 }, async () => step()))).toBe(4)
  expect(tries).toEqual([1, 2, 1, 2])
})

test('while a root run waits for its retry it says so', async () => {
  await using world = await openWorld()
  let tries = 0
  const body = flow({ name: 'f', retries: 1, retryDelay: '10m' }, () => {
    if (++tries === 1) throw new Error('once')
    return tries
  })
  const one = world.process()
  const root = one.start(body)
  await settleTurns()
  const until = one.clock.now() + 600_000_000
  expect((await world.run()).state).toMatchObject({
    name: 'AwaitingRetry',
    message: 'once',
    waitingFor: { kind: 'time', until },
  })
  await one.clock.advance(600_000)
  expect(await root).toBe(2)
  expect(stepsOf(await world.run())).toEqual(['Running', 'AwaitingRetry', 'Retrying', 'Completed'])
})

test('a root run killed while it waits for its retry continues its count', async () => {
  await using world = await openWorld()
  const tries: number[] = []
  const body = flow({ name: 'f', retries: 2, retryDelay: '10m' }, () => {
    tries.push(run.attempt)
    if (tries.length === 1) throw new Error('once')
    return 'done'
  })
  const first = world.process()
  first.start(body).catch(() => undefined)
  await settleTurns()
  await first.kill()
  const second = world.process()
  const resumed = second.goOn(body)
  await second.clock.advance(600_000)
  expect(await resumed).toBe('done')
  expect(tries).toEqual([1, 2])
})

test('a timeout counts as a failure and is retried', async () => {
  await using world = await openWorld()
  let tries = 0
  const slow = task({ name: 'slow', retries: 1, timeout: '1s' }, () =>
    ++tries === 1 ? new Promise<string>(() => undefined) : 'second',
  )
  const one = world.process()
  const root = one.start(flow({ name: 'f' }, async () => slow()))
  await one.clock.advance(1_000)
  expect(await root).toBe('second')
})

test('a result that cannot be stored is not tried again', async () => {
  await using world = await openWorld()
  let tries = 0
  const bad = task({ name: 'bad', retries: 3 }, () => {
    tries++
    return { fn: () => 1 }
  })
  await expectCode(world.process().start(flow({ name: 'f' }, async () => void (await bad()))), 'RESULT_UNSERIALIZABLE')
  expect(tries).toBe(1)
})

test('a task that waits for its retry can be cancelled', async () => {
  await using world = await openWorld()
  const { task: step, tries } = flaky(9, { retryDelay: '1h' })
  const body = flow({ name: 'f' }, async () => {
    const future = step()
    await settleTurns()
    future.cancel('no more')
    return (await errorOf(future)).message
  })
  expect(await world.process().start(body)).toContain('no more')
  expect(tries).toEqual([1])
})
