import { bothTexts, listed, type Query, query } from '../../statement.ts'
import { isAnyId, locking, storeNow } from '../fragments.ts'

type DueValues = [pool: string, queues: string, limit: number, without: string]

const queuesIn = {
  sqlite: `queue in ${listed('$2').sqlite}`,
  postgres: 'queue = any (array(select json_array_elements_text(cast($2 as json))))',
}

/**
 * The next due runs of some queues of a pool: the front of `run_queue_due`, up to now or as much further as the lowest priority
 * puts a run off. What somebody else is claiming is passed over. Times are sub-selects, evaluated once: bounds of the range.
 */
export const selectDue: Query<DueValues, { readonly run_id: string; readonly queue: string }> = query(
  'select-due-runs',
  bothTexts(
    (dialect) => `select run_id, queue from run_queue
      where pool = $1 and parked_on is null
        and order_at <= (select ${storeNow[dialect]} + coalesce((select low.order_at - low.due_at from run_queue low
          where low.pool = $1 and low.order_at > low.due_at order by low.order_at - low.due_at desc limit 1), 0))
        and due_at <= (select ${storeNow[dialect]}) and ${queuesIn[dialect]} and not run_id ${isAnyId('$4')[dialect]}
      order by order_at, run_id limit $3${locking(dialect, ' for update skip locked')}`,
  ),
)
