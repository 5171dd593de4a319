import type { Micros } from '@sluice/core'
import type { TimelineEntry } from '@sluice/store'
import type { Checkpoint } from '../journal/checkpoints.ts'

/** Where the retry loop of a call begins. */
export interface FirstAttempt {
  readonly attempt: number
  /** Its delay is over at this time; 0: at once. */
  readonly notBefore: Micros
}

/**
 * Continues the count of a call that was interrupted: the attempt under way begins again, and after a failed one comes the next,
 * once the rest of its delay is over. A call that had ended (its outcome was dropped, or is never kept) begins anew, with all its
 * retries.
 *
 * A clock that went back between two processes must not make a delay longer than it was.
 */
export function firstAttempt(
  known: Pick<Checkpoint, 'state' | 'attempt' | 'timeline'> | undefined,
  now: Micros,
): FirstAttempt {
  const state = known?.state
  if (!known || !state || state.type === 'completed' || state.type === 'failed') return { attempt: 1, notBefore: 0 }
  const attempt = Math.max(known.attempt, 1)
  // What interrupted it is written on top of what it was doing.
  const [name, since] = known.timeline.findLast(([step]) => step !== 'Crashed' && step !== 'Cancelled') ?? [
    state.name,
    state.at,
  ]
  if (name !== 'AwaitingRetry') return { attempt, notBefore: 0 }
  const until = state.waitingFor?.kind === 'time' ? state.waitingFor.until : 0
  return { attempt: attempt + 1, notBefore: Math.min(until, now + Math.max(0, until - since)) }
}

/** What a timeline says where somebody retried a run. */
export const retriedByHand = 'retried by hand'

/** Attempts before the last retry by hand: whoever retries gives the flow all its own retries again. */
export function triesBefore(timeline: readonly TimelineEntry[]): number {
  const last = timeline.findLastIndex(([step, , message]) => step === 'Retrying' && message === retriedByHand)
  if (last < 0) return 0
  return 1 + timeline.slice(0, last).filter(([step]) => step === 'Retrying').length
}
