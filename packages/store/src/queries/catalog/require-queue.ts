import { SluiceError } from '@sluice/core'
import { bothTexts, firstOf, type Query, query, rowsOf, type Steps } from '../../statement.ts'

/**
 * One row by primary key. On PostgreSQL it stays until the transaction ends: whoever would delete the pool waits, and then finds
 * what was put into it.
 */
const selectPool: Query<[pool: string], { name: string }> = query(
  'hold-pool',
  bothTexts((dialect) => `select name from work_pool where name = $1${dialect === 'postgres' ? ' for key share' : ''}`),
)

/** Few rows. No lock: queues come and go under the lock of their pool. */
const selectPoolNames: Query<[], { name: string }> = query('pool-names', 'select name from work_pool order by name')
const selectQueueNames: Query<[pool: string], { name: string }> = query(
  'queue-names',
  'select name from work_queue where pool = $1 order by name',
)

/** Throws `POOL_NOT_FOUND`, with the names that there are; else the pool stays until the transaction ends. */
export function* holdPool(pool: string): Steps<void> {
  if ((yield* firstOf(selectPool(pool))) !== undefined) return
  const known = (yield* rowsOf(selectPoolNames())).map((row) => row.name)
  throw new SluiceError('POOL_NOT_FOUND', { pool, known })
}

/** The same for a queue of a pool: `QUEUE_NOT_FOUND`. */
export function* requireQueue(pool: string, queue: string): Steps<void> {
  yield* holdPool(pool)
  const known = (yield* rowsOf(selectQueueNames(pool))).map((row) => row.name)
  if (!known.includes(queue)) throw new SluiceError('QUEUE_NOT_FOUND', { pool, queue, known })
}
