import { continueRun, flow, run, sleep, startRun, task, type AnyFlow } from '@sluice/engine'
import { openStore } from '@sluice/store'
import { FakeClock, settleTurns, testHome } from '@sluice/testing'
import { expect, test } from 'vitest'

const day = 86_400_000
const start = Date.UTC(2026, 0, 10)
const silent = { event: () => undefined }

interface Resumed extends AsyncDisposable {
  readonly clock: FakeClock
  readonly outcome: { value: unknown }
}

/** A run whose process stops while it waits, and a clock that says something else to the next process. */
async function resumeAt(made: AnyFlow, jumpMs: number): Promise<Resumed> {
  const stack = new AsyncDisposableStack()
  const store = stack.use(await openStore(':memory:'))
  const before = new FakeClock(start)
  startRun(made, undefined, { home: stack.use(await testHome({ store, platform: before })), reporter: silent })
  await before.advance(10_000)
  const clock = new FakeClock(start + 10_000 + jumpMs)
  const home = stack.use(await testHome({ store, platform: clock }))
  const [owned] = await store.listOwned()
  await store.markCrashed({ id: owned?.id ?? '', expectedEpoch: owned?.epoch ?? 0, at: clock.now(), message: 'died' })
  const record = await store.getRun(owned?.id ?? '')
  if (!record) throw new Error('no run')
  const outcome = { value: undefined as unknown }
  void continueRun({ home, run: record, flow: made, mode: 'resume', reporter: silent }).then(
    (value) => (outcome.value = value),
  )
  await settleTurns()
  return { clock, outcome, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

const sleeper = flow({ name: 'sleeper' }, async () => {
  await sleep('1h')
  return 'woke'
})

const flaky = task({ name: 'flaky', retries: 1, retryDelay: '1h' }, async () => {
  if (run.attempt === 1) throw new Error('not yet')
  return 'woke'
})
const retrier = flow({ name: 'retrier' }, async () => flaky())

for (const [what, made] of [
  ['a sleep', sleeper],
  ['a retry', retrier],
] as const) {
  test(`${what} is not longer than asked when the clock goes back a day between two processes`, async () => {
    await using resumed = await resumeAt(made, -day)
    await resumed.clock.advance(3_600_000)
    expect(resumed.outcome.value).toBe('woke')
  })

  test(`${what} is over at once when the clock has gone on a day`, async () => {
    await using resumed = await resumeAt(made, day)
    await resumed.clock.advance(1_000)
    expect(resumed.outcome.value).toBe('woke')
  })

  test(`${what} waits for the rest only when the clock is right`, async () => {
    await using resumed = await resumeAt(made, 0)
    await resumed.clock.advance(3_580_000)
    expect(resumed.outcome.value).toBeUndefined()
    await resumed.clock.advance(10_000)
    expect(resumed.outcome.value).toBe('woke')
  })
}

test('a clock that jumps while a process runs disturbs neither timers nor the order of the journal', async () => {
  await using store = await openStore(':memory:')
  const clock = new FakeClock(start)
  await using home = await testHome({ store, platform: clock })
  const step = task({ name: 'step' }, async (n: number) => n)
  const jumpy = flow({ name: 'jumpy' }, async () => {
    await step(1)
    clock.jumpTo(start - day)
    await step(2)
    clock.jumpTo(start + day)
    return step(3)
  })
  const future = startRun(jumpy, undefined, { home, reporter: silent })
  expect(await future).toBe(3)
  const { items } = await store.listTaskRuns({ rootId: future.id, limit: 10 })
  expect(items.map((row) => row.state.name)).toEqual(['Completed', 'Completed', 'Completed'])
  expect(items.map((row) => row.seq)).toEqual(items.map((row) => row.seq).toSorted((a, b) => a - b))
})
