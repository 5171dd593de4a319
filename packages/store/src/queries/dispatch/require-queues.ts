import { SluiceError } from '@sluice/core'
import { type Query, query, rowsOf, type Steps } from '../../statement.ts'

interface Place {
  readonly pool: string
  readonly queue: string
}

/** All of them: an installation has few. No lock: a queue in use is not deleted. */
const selectQueues: Query<[], { pool: string; queue: string | null }> = query(
  'select-queues',
  'select p.name as pool, q.name as queue from work_pool p left join work_queue q on q.pool = p.name',
)

/** Throws `POOL_NOT_FOUND` or `QUEUE_NOT_FOUND`, with the names there are, unless each place exists. */
export function* requireQueues(places: readonly Place[]): Steps<void> {
  if (places.length === 0) return
  const rows = yield* rowsOf(selectQueues())
  for (const { pool, queue } of places) {
    const queues = rows.filter((row) => row.pool === pool)
    if (queues.length === 0) {
      throw new SluiceError('POOL_NOT_FOUND', { pool, known: [...new Set(rows.map((row) => row.pool))].toSorted() })
    }
    if (queues.every((row) => row.queue !== queue)) {
      throw new SluiceError('QUEUE_NOT_FOUND', {
        pool,
        queue,
        known: queues.flatMap((row) => row.queue ?? []).toSorted(),
      })
    }
  }
}
