import type { Micros } from '@sluice/core'
import type { Checkpoints, TimelineEntry } from '@sluice/store'
import { isWorking, workedSince, workOfTheDead } from '../call/worked-time.ts'
import type { Platform } from '../platform.ts'

interface TimeLimit {
  readonly since: Micros
  readonly ms: number
  readonly passed: () => void
  stop: () => void
}

/**
 * Time limits of a run's flows. They count what the run works: while it waits they stand still, in this process as in the queue, so
 * that giving up the process changes nothing.
 */
export class TimeLimits {
  readonly #platform: Platform
  /** Of the root run, as it grows. */
  readonly #timeline: readonly TimelineEntry[]
  readonly #open = new Set<TimeLimit>()
  /** Until when processes before this one worked. */
  #dead: ReadonlyMap<Micros, Micros> = new Map()

  constructor(platform: Platform, timeline: readonly TimelineEntry[]) {
    this.#platform = platform
    this.#timeline = timeline
  }

  /** What processes before this one left. */
  load(loaded: Checkpoints): void {
    this.#dead = workOfTheDead(this.#timeline, loaded)
  }

  /** Calls back once the run has worked for `ms` since then; what it worked in earlier processes counts. Returns what stops it. */
  begin(since: Micros, ms: number, passed: () => void): () => void {
    const limit: TimeLimit = { since, ms, passed, stop: () => undefined }
    this.#open.add(limit)
    this.#arm(limit)
    return () => {
      limit.stop()
      this.#open.delete(limit)
    }
  }

  /** The run has another state. */
  changed(): void {
    for (const limit of this.#open) {
      limit.stop()
      this.#arm(limit)
    }
  }

  #arm(limit: TimeLimit): void {
    limit.stop = () => undefined
    if (!isWorking(this.#timeline)) return
    const leftMs = limit.ms - workedSince(this.#timeline, limit.since, this.#platform.now(), this.#dead)
    limit.stop = this.#platform.after(Math.max(0, leftMs), limit.passed)
  }
}
