import { type Micros, SluiceError } from '@sluice/core'
import type { WorkQueueRecord } from '../../catalog-store.ts'
import { flag } from '../../codec/text.ts'
import { bothTexts, firstOf, type Query, query, rowsOf, type Steps } from '../../statement.ts'
import { storeNow } from '../fragments.ts'
import { defaultQueue, mostCounted, useText } from './pools.ts'
import { holdPool } from './require-queue.ts'

interface QueueRow {
  readonly pool: string
  readonly name: string
  readonly concurrency: number | null
  readonly priority: number
  readonly paused: number
  readonly queued: number
  readonly running: number
  readonly created_at: Micros
  readonly updated_at: Micros
}

/**
 * Few rows; runs under way by `assignment_pool`, queued ones from the first of the pool in `run_queue_due`: one range for all
 * queues, however many runs wait. No lock.
 */
const selectQueues: Query<[pool: string], QueueRow> = query(
  'list-queues',
  `select w.*, coalesce(q.queued, 0) as queued,
    (select count(*) from assignment where pool = w.pool and queue = w.name) as running
   from work_queue w left join (
     select queue, count(*) as queued
     from (select queue from run_queue where pool = $1 and parked_on is null order by order_at, run_id limit ${mostCounted}) as first
     group by queue) as q on q.queue = w.name
   where w.pool = $1 order by w.name`,
)

export function* listQueues(pool: string): Steps<readonly WorkQueueRecord[]> {
  return (yield* rowsOf(selectQueues(pool))).map(decodeQueue)
}

/** One row by primary key. */
const upsertQueue: Query<[pool: string, name: string, concurrency: number | null, priority: number]> = query(
  'put-queue',
  bothTexts(
    (dialect) => `insert into work_queue (pool, name, concurrency, priority, created_at, updated_at)
    values ($1, $2, $3, $4, ${storeNow[dialect]}, ${storeNow[dialect]})
    on conflict (pool, name) do update set concurrency = excluded.concurrency, priority = excluded.priority,
      updated_at = excluded.updated_at`,
  ),
)

/** {@link CatalogStore.putQueue} */
export function* putQueue(queue: {
  readonly pool: string
  readonly name: string
  readonly concurrency: number | null
  readonly priority: number
}): Steps<WorkQueueRecord> {
  yield* holdPool(queue.pool)
  yield* rowsOf(upsertQueue(queue.pool, queue.name, queue.concurrency, queue.priority))
  const put = yield* getQueue(queue.pool, queue.name)
  if (put === undefined) throw new Error('a queue is gone that this transaction has written')
  return put
}

function* getQueue(pool: string, name: string): Steps<WorkQueueRecord | undefined> {
  return (yield* listQueues(pool)).find((queue) => queue.name === name)
}

/** One row by primary key. */
const setPaused: Query<[pool: string, name: string, paused: number]> = query(
  'pause-queue',
  bothTexts(
    (dialect) => `update work_queue set paused = $3, updated_at = ${storeNow[dialect]} where pool = $1 and name = $2`,
  ),
)

export function* setQueuePaused(pool: string, name: string, paused: boolean): Steps<WorkQueueRecord | undefined> {
  yield* rowsOf(setPaused(pool, name, flag(paused)))
  return yield* getQueue(pool, name)
}

/** The pool's row, locked on PostgreSQL as when the pool itself is deleted. */
const holdForDeletion: Query<[pool: string], { name: string }> = query(
  'delete-queue-hold',
  bothTexts((dialect) => `select name from work_pool where name = $1${dialect === 'postgres' ? ' for update' : ''}`),
)

type UseRow = Readonly<Record<'deployments' | 'queued' | 'running', number>>

/** What is queued is looked for in all of the pool's part of `run_queue_due`, once. */
const selectUse: Query<[pool: string, name: string], UseRow> = query(
  'delete-queue-use',
  `select
    (select count(*) from deployment where pool = $1 and queue = $2) as deployments,
    (select count(*) from run_queue where pool = $1 and queue = $2 and parked_on is null) as queued,
    (select count(*) from assignment where pool = $1 and queue = $2) as running`,
)

const remove: Query<[pool: string, name: string], { name: string }> = query(
  'delete-queue',
  'delete from work_queue where pool = $1 and name = $2 returning name',
)

/** Throws `QUEUE_IN_USE`, always for the queue `default`. False when there is none of that name. */
export function* deleteQueue(pool: string, name: string): Steps<boolean> {
  if ((yield* firstOf(holdForDeletion(pool))) === undefined) return false
  const use = yield* firstOf(selectUse(pool, name))
  const reason = name === defaultQueue ? 'every pool has it' : useText(use)
  if (reason !== '') throw new SluiceError('QUEUE_IN_USE', { pool, queue: name, reason })
  return (yield* firstOf(remove(pool, name))) !== undefined
}

function decodeQueue(row: QueueRow): WorkQueueRecord {
  return {
    pool: row.pool,
    name: row.name,
    concurrency: row.concurrency,
    priority: row.priority,
    paused: row.paused === 1,
    queued: row.queued,
    running: row.running,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
