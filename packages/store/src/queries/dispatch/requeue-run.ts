import { decodeRun, type RunRow } from '../../codec/run-codec.ts'
import { encodeState } from '../../codec/state-columns.ts'
import { flag } from '../../codec/text.ts'
import type { Requeue } from '../../dispatch-store.ts'
import type { RunRecord } from '../../records.ts'
import { firstOf, type Query, query, type Steps } from '../../statement.ts'
import { dropCheckpoints } from '../drop-checkpoints.ts'
import { allOfRun, appendToTimeline, endedStates, timelineEntry } from '../fragments.ts'
import { releaseRoots } from '../limits/release-slots.ts'
import { enqueueRuns } from './insert-runs.ts'
import { leaveWorkers } from './leave-worker.ts'
import { leaveQueue, lockQueueEntry } from './lock-queue-entry.ts'
import { microsOf } from './micros-of.ts'
import { requireQueues } from './require-queues.ts'
import { forgetTaskCancels } from './task-cancels.ts'

type RequeueValues = [
  id: string,
  expectedEpoch: number,
  stateType: string,
  stateName: string,
  stateAt: number,
  stateMessage: string | null,
  waitingFor: string | null,
  timelineEntry: string,
  newAttempt: number,
  pool: string,
  queue: string,
  versionId: string | null,
]

/** One row by primary key, only while no process has it: it ended, or it waits. What it had ended with is gone. */
const toScheduled: Query<RequeueValues, RunRow & { readonly holds: number }> = query(
  'requeue-run',
  `update run set epoch = epoch + 1, owner = null,
    state_type = $3, state_name = $4, state_at = $5, state_message = $6, waiting_for = $7, ${appendToTimeline('$8')},
    attempt = attempt + cast($9 as bigint), pool = $10, queue = $11, priority = coalesce(priority, 0),
    deployment_version_id = coalesce($12, deployment_version_id),
    ended_at = null, error = null, unhandled = null, result = null, result_ref = null, result_bytes = null
   where id = $1 and epoch = $2 and parent_id is null
     and (state_type in ${endedStates} or exists (select 1 from run_queue where run_id = $1))
   returning ${allOfRun}, holds`,
)

/** Lets a run wait for a worker again. */
export function* requeueRun(requeue: Requeue): Steps<RunRecord | undefined> {
  const { id, pool, queue, state } = requeue
  yield* requireQueues([{ pool, queue }])
  const queued = yield* lockQueueEntry(id)
  const columns = encodeState(state)
  const row = yield* firstOf(
    toScheduled(
      id,
      requeue.expectedEpoch,
      columns.state_type,
      columns.state_name,
      columns.state_at,
      columns.state_message,
      columns.waiting_for,
      timelineEntry(state),
      flag(requeue.newAttempt),
      pool,
      queue,
      requeue.deploymentVersionId ?? null,
    ),
  )
  if (row === undefined) return undefined
  yield* dropCheckpoints(id, requeue.drop)
  yield* forgetTaskCancels(id)
  yield* leaveWorkers([id])
  if (queued !== undefined) yield* leaveQueue(id)
  const due = { due_at: null, due_in: microsOf(requeue.dueInMs) }
  yield* enqueueRuns([{ run_id: id, pool, queue, priority: row.priority ?? 0, ...due }])
  if (row.holds === 1) yield* releaseRoots([id])
  return decodeRun(row)
}
