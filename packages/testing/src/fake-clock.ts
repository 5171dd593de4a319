import type { Platform } from '@sluice/engine'
import { randomUUIDv7 } from 'node:crypto'

interface Timer {
  readonly at: number
  readonly fn: () => void
}

/** A clock that stands still until it is told to move: timers fire in order, with every promise reaction between them. */
export class FakeClock implements Platform {
  #now: number
  readonly #timers = new Set<Timer>()

  /** `start` in ms since the epoch. */
  constructor(start: number = Date.UTC(2026, 0, 1)) {
    this.#now = start
  }

  readonly now = (): number => Math.round(this.#now * 1000)
  readonly random = (): number => 0.5
  readonly newId = (): string => randomUUIDv7()

  readonly after = (ms: number, fn: () => void): (() => void) => {
    const timer = { at: this.#now + ms, fn }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Timers that wait, in ms from now, soonest first. */
  get waiting(): readonly number[] {
    return [...this.#timers].map((timer) => timer.at - this.#now).toSorted((a, b) => a - b)
  }

  /** Moves the time on and lets everything happen that is due meanwhile. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms
    await settleTurns()
    for (let next = this.#next(until); next; next = this.#next(until)) {
      this.#timers.delete(next)
      this.#now = Math.max(this.#now, next.at)
      next.fn()
      await settleTurns()
    }
    this.#now = until
  }

  /** Sets the time without firing anything: a system clock that jumps, also backwards. */
  jumpTo(ms: number): void {
    this.#now = ms
  }

  #next(until: number): Timer | undefined {
    let first: Timer | undefined
    for (const timer of this.#timers) if (timer.at <= until && (!first || timer.at < first.at)) first = timer
    return first
  }
}

/** Enough turns of the event loop for a chain of journal commit, delivery and the code that waits for it. */
export async function settleTurns(turns = 20): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise<void>((resolve) => setImmediate(resolve))
}
