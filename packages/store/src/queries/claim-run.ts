import { decodeRun, type RunRow } from '../codec/run-codec.ts'
import { encodeState } from '../codec/state-columns.ts'
import { flag } from '../codec/text.ts'
import type { RunRecord } from '../records.ts'
import { firstOf, type Query, query, type Steps } from '../statement.ts'
import type { RunClaim } from '../store.ts'
import { leaveWorkers } from './dispatch/leave-worker.ts'
import { leaveQueue, lockQueueEntry } from './dispatch/lock-queue-entry.ts'
import { forgetTaskCancels } from './dispatch/task-cancels.ts'
import { dropCheckpoints } from './drop-checkpoints.ts'
import { allOfRun, appendToTimeline, timelineEntry } from './fragments.ts'
import { releaseRoots } from './limits/release-slots.ts'

type ClaimValues = [
  id: string,
  expectedEpoch: number,
  owner: string,
  stateType: string,
  stateName: string,
  stateAt: number,
  stateMessage: string | null,
  waitingFor: string | null,
  timelineEntry: string,
  newAttempt: number,
]

/**
 * One row by primary key, locked until the checkpoints are dropped: an append of the late owner that has passed its fence
 * commits first, and one that comes later finds another epoch.
 */
const takeOver: Query<ClaimValues, RunRow & { readonly holds: number }> = query(
  'claim-run',
  `update run set
    epoch = epoch + 1, owner = $3,
    state_type = $4, state_name = $5, state_at = $6, state_message = $7, waiting_for = $8,
    ${appendToTimeline('$9')},
    attempt = attempt + cast($10 as bigint),
    started_at = coalesce(started_at, case when cast($4 as text) = 'running' then cast($6 as bigint) end),
    ended_at = null, error = null, unhandled = null, result = null, result_ref = null, result_bytes = null
   where id = $1 and epoch = $2 and parent_id is null
   returning ${allOfRun}, holds`,
)

/**
 * Takes a root run over, unless its epoch has moved. What it had ended with is gone: it is live again. No worker gets it any more:
 * it leaves the queue, and the worker that had it has lost it.
 */
export function* claimRun(claim: RunClaim): Steps<RunRecord | undefined> {
  const queued = yield* lockQueueEntry(claim.id)
  const state = encodeState(claim.state)
  const row = yield* firstOf(
    takeOver(
      claim.id,
      claim.expectedEpoch,
      JSON.stringify(claim.owner),
      state.state_type,
      state.state_name,
      state.state_at,
      state.state_message,
      state.waiting_for,
      timelineEntry(claim.state),
      flag(claim.newAttempt),
    ),
  )
  if (row === undefined) return undefined
  yield* dropCheckpoints(claim.id, claim.drop)
  if (queued !== undefined) yield* leaveQueue(claim.id)
  if (row.pool !== null) yield* leaveWorkers([claim.id])
  if (claim.newAttempt) yield* forgetTaskCancels(claim.id)
  if (row.holds === 1) yield* releaseRoots([claim.id])
  return decodeRun(row)
}
