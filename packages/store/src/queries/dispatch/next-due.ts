import { bothTexts, type Query, query, rowsOf, type Steps } from '../../statement.ts'
import { never, storeNow } from '../fragments.ts'

interface NextRow {
  readonly pool: string
  readonly in_micros: number
}

/** One look into `run_queue_next` per pool. No lock. */
const selectNext: Query<[], NextRow> = query(
  'next-due',
  bothTexts(
    (dialect) => `select pool, due - ${storeNow[dialect]} as in_micros from
      (select p.name as pool, (select q.due_at from run_queue q where q.pool = p.name and q.parked_on is null
        and q.due_at > 0 order by q.due_at limit 1) as due from work_pool p where p.paused = 0) as next
      where due < ${never} order by pool`,
  ),
)

/** When each pool has something to give. */
export function* nextDue(): Steps<readonly { readonly pool: string; readonly inMicros: number }[]> {
  return (yield* rowsOf(selectNext())).map(({ pool, in_micros }) => ({ pool, inMicros: in_micros }))
}
