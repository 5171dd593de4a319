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
}

/** The real ones. */
export const platform: Platform = {
  now: () => Date.now() * 1000,
  elapsed: () => performance.now(),
  sleep: (ms) => delay(ms),
  random: () => Math.random(),
}
