import { bothTexts, firstOf, listOf, type Query, query, rowsOf, type Steps } from '../../statement.ts'
import { isAnyId, locking, storeNow } from '../fragments.ts'

/**
 * By primary key. `order_at` moves with it, so that its priority stays. An entry that somebody holds is left: it is being
 * claimed or it ends, or it was due already. To wait for it with the row of its run locked could be to wait in a circle.
 */
const setDue: Query<[ids: string]> = query(
  'set-due',
  bothTexts(
    (dialect) => `update run_queue set due_at = entry.now, order_at = order_at - due_at + entry.now
      from (select run_id as id, ${storeNow[dialect]} as now from run_queue
        where run_id ${isAnyId('$1')[dialect]} and due_at > ${storeNow[dialect]}${locking(dialect, ' for update skip locked')}) as entry
      where run_id = entry.id`,
  ),
)

/** These runs, as far as they are queued, are due now. */
export function* becomeDue(ids: readonly string[]): Steps<void> {
  if (ids.length > 0) yield* rowsOf(setDue(listOf(ids)))
}

/** One row by primary key. No lock. */
const selectPool: Query<[id: string], { pool: string }> = query(
  'select-queued-pool',
  'select pool from run_queue where run_id = $1',
)

/** Makes a queued run due now. Undefined when it is not queued. */
export function* makeDue(id: string): Steps<{ readonly pool: string } | undefined> {
  yield* becomeDue([id])
  return yield* firstOf(selectPool(id))
}
