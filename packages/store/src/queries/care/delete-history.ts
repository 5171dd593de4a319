import type { Micros } from '@sluice/core'
import { type Query, query, rowsOf, type Steps } from '../../statement.ts'

type Gone = Query<[before: Micros, limit: number], { gone: number }>

/**
 * The oldest events by position, as far as they are old: the beginning of the primary key. Positions are never given again.
 */
const deleteEvents: Gone = query(
  'delete-old-events',
  `delete from event where recorded_at < $1 and position in (select position from event order by position limit $2)
   returning 1 as gone`,
)

/** Read whole: keys go with their runs, so few are old. */
const deleteKeys: Gone = query(
  'delete-old-idempotency',
  `delete from idempotency where (workspace, key) in (select workspace, key from idempotency where created_at < $1 limit $2)
   returning 1 as gone`,
)

/** Workers that have stopped, or that nobody has heard of since; never one that still has a run. */
const deleteWorkers: Gone = query(
  'delete-old-workers',
  `delete from worker where id in (
     select id from worker left join worker_lease on worker_id = id
     where coalesce(stopped_at, seen_at, started_at) < $1 and not exists (select 1 from assignment where assignment.worker_id = id)
     limit $2)
   returning 1 as gone`,
)
const deleteLeases: Query<[]> = query(
  'delete-leases-of-nobody',
  'delete from worker_lease where not exists (select 1 from worker where id = worker_id)',
)

/** The oldest of `lake_commit_age`: whoever repeats a commit does so within minutes, and loads have their own ledger. */
const deleteLakeCommits: Gone = query(
  'delete-old-lake-commits',
  `delete from lake_commit where id in (select id from lake_commit where created_at < $1 order by created_at limit $2)
   returning 1 as gone`,
)

/** {@link EventStore.deleteHistory} */
export function* deleteHistory(sweep: { readonly eventsBefore: Micros; readonly limit: number }): Steps<number> {
  let gone = 0
  for (const remove of [deleteEvents, deleteKeys, deleteWorkers, deleteLakeCommits]) {
    gone += (yield* rowsOf(remove(sweep.eventsBefore, sweep.limit))).length
  }
  yield* rowsOf(deleteLeases())
  return gone
}
