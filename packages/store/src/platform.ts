import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Micros } from '@sluice/core'

/** Time and chance as the store needs them; everything else gets them injected. */
export interface Platform {
  /** Wall clock, integer microseconds. */
  readonly now: () => Micros
  /** Milliseconds that never go backwards, for how long something has been tried. */
  readonly elapsed: () => number
  readonly sleep: (ms: number) => Promise<void>
  /** In [0, 1). */
  readonly random: () => number
  /** A UUIDv7. */
  readonly newId: () => string
  /** Runs `work` once everything that has arrived by now has been taken in: after this turn of the event loop. */
  readonly afterThisTurn: (work: () => void) => void
  /** Calls `work` once after `ms`, if the process still lives by then: it does not stay alive for it. Returns what cancels it. */
  readonly later: (ms: number, work: () => void) => () => void
}

/** The real ones. */
export const platform: Platform = {
  now: () => Date.now() * 1000,
  elapsed: () => performance.now(),
  sleep: (ms) => delay(ms),
  random: () => Math.random(),
  newId: uuidv7,
  afterThisTurn: (work) => void setImmediate(work),
  later: (ms, work) => {
    const timer = setTimeout(work, ms).unref()
    return () => clearTimeout(timer)
  },
}

/** Node has one only in its newer releases: the time, and the randomness of a version 4. */
function uuidv7(): string {
  const ms = Date.now().toString(16).padStart(12, '0')
  return `${ms.slice(0, 8)}-${ms.slice(8)}-7${randomUUID().slice(15)}`
}
