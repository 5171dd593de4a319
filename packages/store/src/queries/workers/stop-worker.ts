import type { Reclaimed, RunEpoch } from '../../dispatch-store.ts'
import { bothTexts, firstOf, type Query, query, rowsOf, type Steps } from '../../statement.ts'
import { reclaimRuns } from '../dispatch/reclaim-runs.ts'
import { storeNow } from '../fragments.ts'

/** One row by primary key; a claim that is under way ends first, and one that comes later finds no lease. */
const deleteLease: Query<[workerId: string, onlyExpired: number], { worker_id: string }> = query(
  'delete-worker-lease',
  bothTexts(
    (dialect) => `delete from worker_lease where worker_id = $1
      and (cast($2 as bigint) = 0 or expires_at <= ${storeNow[dialect]}) returning worker_id`,
  ),
)

const endWorker: Query<[workerId: string]> = query(
  'end-worker',
  bothTexts((dialect) => `update worker set stopped_at = ${storeNow[dialect]} where id = $1 and stopped_at is null`),
)

/** A range of `assignment_worker`. */
const selectAssigned: Query<[workerId: string], RunEpoch> = query(
  'select-assigned-runs',
  'select root_id as id, epoch from assignment where worker_id = $1 order by root_id',
)

/** The worker gets nothing any more, and what it still holds goes back into the queue. */
export function* stopWorker(workerId: string, onlyExpired: boolean): Steps<readonly Reclaimed[]> {
  const ended = yield* firstOf(deleteLease(workerId, onlyExpired ? 1 : 0))
  if (ended === undefined && onlyExpired) return []
  yield* rowsOf(endWorker(workerId))
  const runs = yield* rowsOf(selectAssigned(workerId))
  const rules = { onlyExpired: false, crashed: false, maxCrashes: 0, delayMs: 0, message: 'its worker stopped' }
  return yield* reclaimRuns({ ...rules, workerId, runs })
}
