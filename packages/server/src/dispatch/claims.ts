import type { Store, WorkerClaim } from '@sluice/store'
import type { Clock } from '../platform.ts'
import type { LongPoll } from '../services.ts'
import { ClaimLine, type Found } from './claim-line.ts'
import type { WorkerPlace } from './worker-registry.ts'

/** Workers that wait for runs. */
export interface Claims {
  /** Runs, as soon as there are some; none when the time is up, the worker is gone, or the server stops. */
  claim(place: WorkerPlace, claim: WorkerClaim, poll: LongPoll): Promise<Found>
  /** There may be something for the workers of this pool; undefined: of any. */
  wake(pool: string | undefined): void
  /** Somebody waits. */
  readonly waiting: boolean
  stop(): void
}

/**
 * Keeps one line of waiting workers per pool and set of queues. One claim is under way per line, so that a hundred waiting workers cost
 * an empty queue one question.
 */
export function createClaims(store: Pick<Store, 'claimRuns'>, clock: Clock): Claims {
  const lines = new Map<string, ClaimLine>()
  let stopped = false

  const lineOf = (place: WorkerPlace): ClaimLine => {
    const key = [place.pool, ...place.queues.toSorted()].join('\0')
    const line = lines.get(key) ?? new ClaimLine(place.pool, (claim) => store.claimRuns(claim), clock)
    lines.set(key, line)
    return line
  }
  return {
    async claim(place, claim, poll) {
      return stopped || poll.signal.aborted ? { runs: [], waitedMs: 0 } : lineOf(place).wait(claim, poll)
    },
    wake(pool) {
      for (const [key, line] of lines) {
        if (line.isEmpty) lines.delete(key)
        else if (pool === undefined || line.pool === pool) line.wake()
      }
    },
    get waiting() {
      return lines.values().some((line) => !line.isEmpty)
    },
    stop() {
      stopped = true
      for (const line of lines.values()) line.stop()
    },
  }
}
