import type { Lease } from '../run-store.ts'

/** A lease that somebody renews. Times are those of a monotonic clock, in ms. */
export interface RenewableLease extends Lease {
  /** Valid until then. It never becomes shorter. */
  extend(until: number): void
}

/** Starts out valid until `until`. */
export function createLease(now: () => number, until: number): RenewableLease {
  let validUntil = until
  let waiting: (() => void)[] = []
  return {
    get valid() {
      return now() < validUntil
    },
    renewed() {
      return now() < validUntil ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))
    },
    extend(to) {
      validUntil = Math.max(validUntil, to)
      if (now() >= validUntil) return
      const woken = waiting
      waiting = []
      for (const wake of woken) wake()
    },
  }
}
