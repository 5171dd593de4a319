import { type Micros, SluiceError } from '@sluice/core'
import type { WorkPoolRecord } from '../../catalog-store.ts'
import { flag, plainText, plainTextOrNull } from '../../codec/text.ts'
import { bothTexts, type Dialect, firstOf, type Query, query, rowsOf, type Steps } from '../../statement.ts'
import { storeNow } from '../fragments.ts'

interface PoolRow {
  readonly name: string
  readonly kind: string
  readonly description: string | null
  readonly concurrency: number | null
  readonly paused: number
  readonly queued: number
  readonly running: number
  readonly workers_online: number
  readonly created_at: Micros
  readonly updated_at: Micros
}

/** Queued runs are counted to so many: beyond, the number only says that there are many. */
export const mostCounted = 10_000

/** Few rows; each with ranges of `run_queue_due`, `assignment_pool` and `worker_live`. No lock. */
const poolRows = (dialect: Dialect, condition: string): string => `select p.*,
    (select count(*) from (select 1 from run_queue where pool = p.name and parked_on is null limit ${mostCounted}) as q) as queued,
    (select count(*) from assignment where pool = p.name) as running,
    (select count(*) from worker join worker_lease on worker_id = id
      where pool = p.name and stopped_at is null and draining = 0 and expires_at > ${storeNow[dialect]}) as workers_online
  from work_pool p ${condition} order by p.name`

const selectPools: Query<[], PoolRow> = query(
  'list-pools',
  bothTexts((dialect) => poolRows(dialect, '')),
)
const selectPool: Query<[name: string], PoolRow> = query(
  'get-pool',
  bothTexts((dialect) => poolRows(dialect, 'where p.name = $1')),
)

export function* listPools(): Steps<readonly WorkPoolRecord[]> {
  return (yield* rowsOf(selectPools())).map(decodePool)
}

function* getPool(name: string): Steps<WorkPoolRecord | undefined> {
  const row = yield* firstOf(selectPool(name))
  return row && decodePool(row)
}

/** One row by primary key. */
const upsertPool: Query<[name: string, kind: string, description: string | null, concurrency: number | null]> = query(
  'put-pool',
  bothTexts(
    (dialect) => `insert into work_pool (name, kind, description, concurrency, created_at, updated_at)
    values ($1, $2, $3, $4, ${storeNow[dialect]}, ${storeNow[dialect]})
    on conflict (name) do update set kind = excluded.kind, description = excluded.description,
      concurrency = excluded.concurrency, updated_at = excluded.updated_at`,
  ),
)

/** Every pool has this queue, for runs that name none. */
export const defaultQueue = 'default'

const insertQueue: Query<[pool: string, name: string]> = query(
  'make-default-queue',
  bothTexts(
    (dialect) => `insert into work_queue (pool, name, created_at, updated_at)
    values ($1, $2, ${storeNow[dialect]}, ${storeNow[dialect]}) on conflict (pool, name) do nothing`,
  ),
)

/** {@link CatalogStore.putPool} */
export function* putPool(pool: {
  readonly name: string
  readonly kind: string
  readonly description: string | null
  readonly concurrency: number | null
}): Steps<WorkPoolRecord> {
  yield* rowsOf(upsertPool(pool.name, plainText(pool.kind), plainTextOrNull(pool.description), pool.concurrency))
  yield* rowsOf(insertQueue(pool.name, defaultQueue))
  const put = yield* getPool(pool.name)
  if (put === undefined) throw new Error('a pool is gone that this transaction has written')
  return put
}

/** One row by primary key. */
const setPaused: Query<[name: string, paused: number]> = query(
  'pause-pool',
  bothTexts((dialect) => `update work_pool set paused = $2, updated_at = ${storeNow[dialect]} where name = $1`),
)

export function* setPoolPaused(name: string, paused: boolean): Steps<WorkPoolRecord | undefined> {
  yield* rowsOf(setPaused(name, flag(paused)))
  return yield* getPool(name)
}

/** One row by primary key, locked on PostgreSQL before its use is looked at: what was just put into it is seen. */
const holdPool: Query<[name: string], { name: string }> = query(
  'delete-pool-hold',
  bothTexts((dialect) => `select name from work_pool where name = $1${dialect === 'postgres' ? ' for update' : ''}`),
)

type UseRow = Readonly<Record<'deployments' | 'queued' | 'running' | 'workers', number>>

/** Deployments are few thousands at most; the rest as in {@link poolRows}. */
const selectUse: Query<[name: string], UseRow> = query(
  'delete-pool-use',
  bothTexts(
    (dialect) => `select
    (select count(*) from deployment where pool = $1) as deployments,
    (select count(*) from (select 1 from run_queue where pool = $1 and parked_on is null limit ${mostCounted}) as q) as queued,
    (select count(*) from assignment where pool = $1) as running,
    (select count(*) from worker join worker_lease on worker_id = id
      where pool = $1 and stopped_at is null and expires_at > ${storeNow[dialect]}) as workers`,
  ),
)

const deletions: readonly Query<[name: string]>[] = [
  query('delete-queues-of-pool', 'delete from work_queue where pool = $1'),
  query('delete-pool', 'delete from work_pool where name = $1'),
]

/** {@link CatalogStore.deletePool} */
export function* deletePool(name: string): Steps<boolean> {
  if ((yield* firstOf(holdPool(name))) === undefined) return false
  const use = yield* firstOf(selectUse(name))
  const reason = useText(use)
  if (reason !== '') throw new SluiceError('POOL_IN_USE', { pool: name, reason, ...use })
  for (const remove of deletions) yield* rowsOf(remove(name))
  return true
}

const nouns: Readonly<Record<string, readonly [one: string, many: string]>> = {
  deployments: ['deployment', 'deployments'],
  queued: ['queued run', 'queued runs'],
  running: ['run under way', 'runs under way'],
  workers: ['online worker', 'online workers'],
}

/** `it has 2 deployments, 1 run under way`; nothing when it has nothing. */
export function useText(use: Readonly<Record<string, number>> | undefined): string {
  const told = Object.entries(use ?? {})
    .filter(([, count]) => count > 0)
    .map(([what, count]) => `${count} ${nouns[what]?.[count === 1 ? 0 : 1] ?? what}`)
  return told.length === 0 ? '' : `it has ${told.join(', ')}`
}

function decodePool(row: PoolRow): WorkPoolRecord {
  return {
    name: row.name,
    kind: row.kind,
    description: row.description,
    concurrency: row.concurrency,
    paused: row.paused === 1,
    queued: row.queued,
    running: row.running,
    workersOnline: row.workers_online,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
