import type { RunEpoch } from '../../dispatch-store.ts'
import { clampLimit } from '../../paging.ts'
import { bothTexts, type Query, query, rowsOf, type Steps } from '../../statement.ts'
import { storeNow } from '../fragments.ts'

interface ExpiredRow {
  readonly worker_id: string
  readonly root_id: string | null
  readonly epoch: number | null
}

/** A range of `worker_lease_expiry`, each with its range of `assignment_worker`. No lock. */
const selectExpired: Query<[limit: number], ExpiredRow> = query(
  'select-expired-workers',
  bothTexts(
    (dialect) => `select lease.worker_id, a.root_id, a.epoch
      from (select worker_id, expires_at from worker_lease where expires_at <= (select ${storeNow[dialect]})
        order by expires_at limit $1) as lease
      left join assignment a on a.worker_id = lease.worker_id
      order by lease.expires_at, lease.worker_id, a.root_id`,
  ),
)

/** Workers that have not been heard of for a whole lease, longest first. */
export function* expiredWorkers(
  limit: number,
): Steps<readonly { readonly workerId: string; readonly runs: readonly RunEpoch[] }[]> {
  const workers = new Map<string, RunEpoch[]>()
  for (const { worker_id, root_id, epoch } of yield* rowsOf(selectExpired(clampLimit(limit)))) {
    const runs = workers.get(worker_id) ?? []
    if (root_id !== null && epoch !== null) runs.push({ id: root_id, epoch })
    workers.set(worker_id, runs)
  }
  return [...workers].map(([workerId, runs]) => ({ workerId, runs }))
}
