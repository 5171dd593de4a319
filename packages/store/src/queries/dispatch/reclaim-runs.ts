import type { Micros } from '@sluice/core'
import { encodeState } from '../../codec/state-columns.ts'
import type { Reclaim, Reclaimed } from '../../dispatch-store.ts'
import { isId } from '../../paging.ts'
import { bothTexts, listOf, type Query, query, rowsOf, type Steps } from '../../statement.ts'
import { endChildren } from '../end-children.ts'
import { appendToTimeline, endedStates, isAnyId, locking, storeNow, timelineOf } from '../fragments.ts'
import { releaseRoots } from '../limits/release-slots.ts'
import { afterLoss, type LostRun } from './after-loss.ts'
import { enqueueRuns } from './insert-runs.ts'
import { leaveWorkers } from './leave-worker.ts'
import { microsOf } from './micros-of.ts'

interface LostRow extends LostRun {
  readonly id: string
  readonly epoch: number
  readonly queue: string | null
  readonly priority: number | null
  readonly holds: number
  readonly now: Micros
}

/**
 * By primary keys, in order of ids: two who reclaim the same runs wait for each other, never in a circle. A run that ended or
 * suspended while this waited for it has no assignment any more, and one that was claimed anew another epoch.
 */
const lockLost: Query<[ids: string, workerId: string, onlyExpired: number], LostRow> = query(
  'lock-lost-runs',
  bothTexts(
    (
      dialect,
    ) => `select r.id, r.epoch, r.state_type, r.crash_count, r.pool, r.queue, r.priority, r.holds, ${storeNow[dialect]} as now
      from run r join assignment a on a.root_id = r.id
      where r.id ${isAnyId('$1')[dialect]} and a.worker_id = $2 and a.epoch = r.epoch and r.state_type not in ${endedStates}
        and (cast($3 as bigint) = 0 or not exists
          (select 1 from worker_lease l where l.worker_id = $2 and l.expires_at > ${storeNow[dialect]}))
      order by r.id${locking(dialect, ' for update of r, a')}`,
  ),
)

type LossValues = [
  id: string,
  stateType: string,
  stateName: string,
  stateAt: number,
  stateMessage: string | null,
  waitingFor: string | null,
  timeline: string,
  crashCount: number,
  endedAt: number | null,
  error: string | null,
]

/** One row by primary key. The epoch fences the one who had it. */
const setLost: Query<LossValues> = query(
  'set-lost-run',
  `update run set epoch = epoch + 1, holds = 0, owner = null, state_type = $2, state_name = $3, state_at = $4,
     state_message = $5, waiting_for = $6, ${appendToTimeline('$7')}, crash_count = $8, ended_at = $9,
     error = coalesce($10, error)
   where id = $1`,
)

/** Takes runs from a worker. First all rows of runs, then the limits: that is the order of locks. */
export function* reclaimRuns(reclaim: Reclaim): Steps<readonly Reclaimed[]> {
  const wanted = new Map(reclaim.runs.filter(({ id }) => isId(id)).map(({ id, epoch }) => [id, epoch]))
  if (wanted.size === 0) return []
  const rows = yield* rowsOf(lockLost(listOf([...wanted.keys()]), reclaim.workerId, reclaim.onlyExpired ? 1 : 0))
  const lost = rows.filter((row) => row.epoch === wanted.get(row.id))
  const reclaimed: Reclaimed[] = []
  for (const row of lost) reclaimed.push(yield* lose(row, reclaim))
  yield* leaveWorkers(lost.map((row) => row.id))
  const granted = yield* releaseRoots(lost.filter((row) => row.holds === 1).map((row) => row.id))
  const [first, ...others] = reclaimed
  return first === undefined || granted.length === 0 ? reclaimed : [{ ...first, granted }, ...others]
}

function* lose(row: LostRow, reclaim: Reclaim): Steps<Reclaimed> {
  const { outcome, crashCount, states, children, error } = afterLoss(row, reclaim, row.now)
  const state = encodeState(states.at(-1) ?? children)
  yield* rowsOf(
    setLost(
      row.id,
      state.state_type,
      state.state_name,
      state.state_at,
      state.state_message,
      state.waiting_for,
      timelineOf(states),
      crashCount,
      outcome === 'requeued' ? null : row.now,
      error === null ? null : JSON.stringify(error),
    ),
  )
  // A run that was only moved goes on with its child runs.
  if (reclaim.crashed || outcome !== 'requeued') yield* endChildren(row.id, children)
  if (outcome === 'requeued') yield* backInLine(row, microsOf(reclaim.delayMs))
  return { id: row.id, epoch: row.epoch, outcome, pool: row.pool }
}

function* backInLine({ id, pool, queue, priority }: LostRow, delay: number): Steps<void> {
  if (pool === null || queue === null) return
  yield* enqueueRuns([{ run_id: id, pool, queue, priority: priority ?? 0, due_at: null, due_in: delay }])
}
