import { settleTurns } from '@sluice/testing'
import { describe, expect, test } from 'vitest'
import { gate } from '../testing/gate.testsupport.ts'
import { testClock, type TestClock } from '../testing/test-clock.testsupport.ts'
import { createLongPolls, type LongPolls } from './long-poll.ts'

interface Fixture {
  readonly clock: TestClock
  readonly polls: LongPolls
  readonly caller: AbortController
  value: string | undefined
  looks: number
  wake(): void
  listeners: number
  ask(waitMs?: number): Promise<string | undefined>
}

function fixture(): Fixture {
  const clock = testClock()
  const polls = createLongPolls(clock)
  const caller = new AbortController()
  let listener: (() => void) | undefined
  const made: Fixture = {
    clock,
    polls,
    caller,
    value: undefined,
    looks: 0,
    listeners: 0,
    wake: () => listener?.(),
    ask: (waitMs = 20_000) =>
      polls.until(
        {
          waitMs,
          signal: caller.signal,
          safetyMs: 2_000,
          wakeOn: (wake) => {
            listener = wake
            made.listeners++
            return () => void made.listeners--
          },
        },
        async () => {
          made.looks++
          return made.value
        },
      ),
  }
  return made
}

describe('a long poll', () => {
  test('is answered at once when there is something', async () => {
    const made = fixture()
    made.value = 'news'
    expect(await made.ask()).toBe('news')
    expect(made).toMatchObject({ looks: 1, listeners: 0 })
  })

  test('is answered when it is woken', async () => {
    const made = fixture()
    const asked = made.ask()
    await settleTurns()
    made.value = 'news'
    made.wake()
    expect(await asked).toBe('news')
    expect(made.listeners).toBe(0)
  })

  test('finds by itself what no wake-up told', async () => {
    const made = fixture()
    const asked = made.ask()
    await settleTurns()
    made.value = 'news'
    await made.clock.advance(2_000)
    expect(await asked).toBe('news')
  })

  test('does not lose a wake-up that comes during a look', async () => {
    const made = fixture()
    const look = gate()
    let looks = 0
    const asked = made.polls.until(
      { waitMs: 20_000, signal: made.caller.signal, safetyMs: 2_000, wakeOn: (wake) => ((made.wake = wake), () => {}) },
      async () => {
        looks++
        if (looks > 1) return 'news'
        await look.passed
        return undefined
      },
    )
    await settleTurns()
    made.wake()
    look.open()
    expect(await asked).toBe('news')
  })

  test('ends with nothing when its time is up, when the caller is gone, and when the server stops', async () => {
    const late = fixture()
    const asked = late.ask(3_000)
    await late.clock.advance(3_000)
    expect(await asked).toBeUndefined()
    expect(late).toMatchObject({ listeners: 0 })

    const gone = fixture()
    const lost = gone.ask()
    await settleTurns()
    gone.caller.abort()
    expect(await lost).toBeUndefined()

    const stopped = fixture()
    const last = stopped.ask()
    await settleTurns()
    stopped.polls.stop()
    expect(await last).toBeUndefined()
    expect(stopped.looks).toBe(1)
    expect(stopped.polls.stopped).toBe(true)
  })

  test('without a wait looks once', async () => {
    const made = fixture()
    expect(await made.ask(0)).toBeUndefined()
    expect(made.looks).toBe(1)
  })
})
