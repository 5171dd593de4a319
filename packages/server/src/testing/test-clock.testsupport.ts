import { FakeClock } from '@sluice/testing'
import type { Clock } from '../platform.ts'

/** A clock for services that stands still until it is told to move. */
export interface TestClock extends Clock {
  advance(ms: number): Promise<void>
  /** Time passes and nothing happens: the process was stopped. */
  freeze(ms: number): void
  readonly waiting: readonly number[]
}

export function testClock(): TestClock {
  const fake = new FakeClock()
  return {
    monotonic: () => fake.now() / 1_000,
    random: fake.random,
    after: fake.after,
    advance: (ms) => fake.advance(ms),
    freeze: (ms) => fake.jumpTo(fake.now() / 1_000 + ms),
    get waiting() {
      return fake.waiting
    },
  }
}
