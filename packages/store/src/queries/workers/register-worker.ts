import { SluiceError } from '@sluice/core'
import { plainText } from '../../codec/text.ts'
import type { NewWorker } from '../../dispatch-store.ts'
import { isId } from '../../paging.ts'
import { bothTexts, firstOf, listOf, type Query, query, rowsOf, type Steps } from '../../statement.ts'
import { storeNow } from '../fragments.ts'
import { microsOf } from '../dispatch/micros-of.ts'

const insertPool: Query<[name: string]> = query(
  'insert-missing-pool',
  bothTexts(
    (dialect) => `insert into work_pool (name, kind, created_at, updated_at)
      values ($1, 'process', ${storeNow[dialect]}, ${storeNow[dialect]}) on conflict (name) do nothing`,
  ),
)

const insertQueue: Query<[pool: string, name: string]> = query(
  'insert-missing-queue',
  bothTexts(
    (dialect) => `insert into work_queue (pool, name, created_at, updated_at)
      values ($1, $2, ${storeNow[dialect]}, ${storeNow[dialect]}) on conflict (pool, name) do nothing`,
  ),
)

type WorkerValues = [
  id: string,
  name: string,
  pool: string,
  queues: string | null,
  host: string,
  pid: number,
  version: string,
  mode: string,
  capacity: number,
]

/** One row per incarnation; one that is sent again stays as it is. */
const insertWorker: Query<WorkerValues> = query(
  'insert-worker',
  bothTexts(
    (dialect) => `insert into worker (id, name, pool, queues, host, pid, version, mode, capacity, started_at)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, ${storeNow[dialect]}) on conflict (id) do nothing`,
  ),
)

const insertLease: Query<[workerId: string, lease: number], { worker_id: string }> = query(
  'insert-worker-lease',
  bothTexts(
    (dialect) => `insert into worker_lease (worker_id, expires_at, seen_at)
      select id, ${storeNow[dialect]} + $2, ${storeNow[dialect]} from worker where id = $1 and stopped_at is null
      on conflict (worker_id) do update set expires_at = excluded.expires_at, seen_at = excluded.seen_at
      returning worker_id`,
  ),
)

/** Enters a worker, with a lease; its pool and queues too, when nobody has made them yet. */
export function* registerWorker(worker: NewWorker, leaseMs: number): Steps<void> {
  const { id, pool, queues } = worker
  if (!isId(id)) throw new SluiceError('OPTION_INVALID', { option: 'id', problem: `${id} is not a UUID` })
  yield* rowsOf(insertPool(pool))
  for (const queue of queues.length === 0 ? ['default'] : queues.toSorted()) yield* rowsOf(insertQueue(pool, queue))
  const [name, host, version] = [plainText(worker.name), plainText(worker.host), plainText(worker.version)]
  const served = queues.length === 0 ? null : listOf(queues)
  yield* rowsOf(insertWorker(id, name, pool, served, host, worker.pid, version, worker.mode, worker.capacity))
  if ((yield* firstOf(insertLease(id, microsOf(leaseMs)))) === undefined) {
    throw new SluiceError('WORKER_NOT_FOUND', { worker: id })
  }
}
