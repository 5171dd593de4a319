import type { Clock } from '../platform.ts'

/**
 * When this server may believe that a lease has passed. A lease that nobody could renew proves nothing: after its own start, after any
 * time in which it could not reach its store, and after any time in which it stood still itself, a server expires nothing for one
 * whole lease. Whoever lives has renewed by then.
 */
export interface ExpiryLaw {
  /** Something was wrong just now. */
  readonly disturbed: () => void
  readonly mayExpire: boolean
}

export function createExpiryLaw(clock: Clock, leaseMs: number): ExpiryLaw {
  let disturbedAt = clock.monotonic()
  return {
    disturbed: () => {
      disturbedAt = clock.monotonic()
    },
    get mayExpire() {
      return clock.monotonic() - disturbedAt > leaseMs
    },
  }
}
