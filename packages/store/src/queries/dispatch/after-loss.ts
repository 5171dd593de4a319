import { type Micros, type State, stateOf, type StateType, type StoredError } from '@sluice/core'
import type { Reclaim, Reclaimed } from '../../dispatch-store.ts'

/** A run that its worker lost, as far as it matters for what follows. */
export interface LostRun {
  readonly state_type: StateType
  readonly crash_count: number
  readonly pool: string | null
}

/** What becomes of it. */
export interface Loss {
  readonly outcome: Reclaimed['outcome']
  readonly crashCount: number
  /** States it goes through, in order; the last one stays. */
  readonly states: readonly State[]
  /** How its child runs end that were under way. */
  readonly children: State
  /** What it fails with, when it could not be started. */
  readonly error: StoredError | null
}

/**
 * Cancelled when that was asked for, Failed when it crashed, or could not be started, too often without a checkpoint in between, else
 * in the queue again. A run that was only moved counts nothing. Pure.
 */
export function afterLoss(run: LostRun, reclaim: Omit<Reclaim, 'runs' | 'workerId'>, now: Micros): Loss {
  const { message, crashed, refused, maxCrashes } = reclaim
  const counts = crashed || refused !== undefined
  const crashCount = run.crash_count + (counts ? 1 : 0)
  const crash = stateOf('Crashed', now, { message })
  const told = crashed ? [crash] : []
  if (run.state_type === 'cancelling') {
    const cancelled = stateOf('Cancelled', now, { message })
    return { outcome: 'cancelled', crashCount, states: [...told, cancelled], children: cancelled, error: null }
  }
  if (counts && crashCount >= maxCrashes) {
    const failed = stateOf('Failed', now, {
      message: refused ? message : `crashed ${crashCount} times without progress: ${message}`,
    })
    return { outcome: 'failed', crashCount, states: [...told, failed], children: crash, error: refused ?? null }
  }
  const waitingFor = run.pool === null ? {} : { waitingFor: { kind: 'worker', pool: run.pool } as const }
  const resuming = stateOf('Resuming', now, { message, ...waitingFor })
  return { outcome: 'requeued', crashCount, states: [...told, resuming], children: crash, error: null }
}
