import type { OpenHome } from '@sluice/engine'
import type { ExpiryLaw } from './loops/expiry-law.ts'
import type { LongPolls } from './loops/long-poll.ts'
import type { Wakeups } from './loops/wakeups.ts'
import type { Log } from './log.ts'
import type { Clock } from './platform.ts'

/** What every service is given. */
export interface Context {
  readonly home: OpenHome
  readonly clock: Clock
  readonly log: Log
  readonly wakeups: Wakeups
  readonly polls: LongPolls
  readonly expiry: ExpiryLaw
  readonly settings: ServerSettings
  readonly counters: Counters
}

/** Numbers that tests turn; users need none of them. */
export interface ServerSettings {
  /** How long a worker may be silent. */
  readonly leaseMs: number
  readonly heartbeatMs: number
  /** A run that was given to a worker longer ago, and that the worker does not list, never reached it. */
  readonly unlistedAfterMs: number
  /** Crashes without progress after which a run fails. */
  readonly maxCrashes: number
  /** Before a crashed run runs again, by how often it crashed. */
  readonly crashDelaysMs: readonly number[]
  /** A run that is due longer is Late. */
  readonly lateAfterMs: number
}

export const defaultServerSettings: ServerSettings = {
  leaseMs: 15_000,
  heartbeatMs: 5_000,
  unlistedAfterMs: 5_000,
  maxCrashes: 3,
  crashDelaysMs: [0, 1_000, 5_000],
  lateAfterMs: 15_000,
}

/** What happened since the start, by name. */
export class Counters {
  readonly #counts: Record<string, number> = {}

  add(name: string, count = 1): void {
    this.#counts[name] = (this.#counts[name] ?? 0) + count
  }

  all(): Readonly<Record<string, number>> {
    return { ...this.#counts }
  }
}
