import type { Micros } from '@sluice/core'
import type { RunExplanation } from '../../dispatch-store.ts'
import type { RunRecord } from '../../records.ts'
import { bothTexts, firstOf, type Query, query, rowsOf, type Steps } from '../../statement.ts'
import { parseColumn } from '../../codec/text.ts'
import { never, storeNow } from '../fragments.ts'
import { getRun } from '../get-run.ts'

/** Who counts further has made no plans for so long a line. */
const longestLine = 1000
const mostHolders = 100

interface PlaceRow {
  readonly pool: string
  readonly queue: string
  readonly due_at: Micros
  readonly now: Micros
  readonly ahead: number
}

/** One row by primary key, and a range of `run_queue_due` before it. No lock. */
const selectPlace: Query<[id: string], PlaceRow> = query(
  'explain-place',
  bothTexts(
    (dialect) => `select mine.pool, mine.queue, mine.due_at, ${storeNow[dialect]} as now,
      (select count(*) from (select 1 from run_queue other where other.pool = mine.pool and other.parked_on is null
        and (other.order_at < mine.order_at or (other.order_at = mine.order_at and other.run_id < mine.run_id))
        and other.due_at <= ${storeNow[dialect]} limit ${longestLine}) as before) as ahead
    from run_queue mine where mine.run_id = $1`,
  ),
)

interface PoolRow {
  readonly pool_paused: number
  readonly pool_size: number | null
  readonly queue_paused: number | null
  readonly queue_size: number | null
}

const selectPool: Query<[pool: string, queue: string], PoolRow> = query(
  'explain-pool',
  `select p.paused as pool_paused, p.concurrency as pool_size, q.paused as queue_paused, q.concurrency as queue_size
   from work_pool p left join work_queue q on q.pool = p.name and q.name = $2 where p.name = $1`,
)

/** A range of `assignment_pool`. */
const selectRunning: Query<[pool: string], { root_id: string; queue: string }> = query(
  'explain-running',
  'select root_id, queue from assignment where pool = $1 order by root_id',
)

/** A range of `worker_live`. */
const selectWorkers: Query<[pool: string], { queues: string | null }> = query(
  'explain-workers',
  bothTexts(
    (dialect) => `select w.queues from worker w join worker_lease l on l.worker_id = w.id
      where w.pool = $1 and w.stopped_at is null and l.expires_at > ${storeNow[dialect]} and l.draining = 0`,
  ),
)

interface AssignedRow {
  readonly id: string
  readonly name: string
  readonly host: string
  readonly lease: number
}

const selectAssigned: Query<[id: string], AssignedRow> = query(
  'explain-worker',
  bothTexts(
    (dialect) => `select w.id, w.name, w.host, coalesce(l.expires_at - ${storeNow[dialect]}, 0) as lease
      from assignment a join worker w on w.id = a.worker_id left join worker_lease l on l.worker_id = w.id where a.root_id = $1`,
  ),
)

interface LimitRow {
  readonly name: string
  readonly slots: number | null
  readonly holder: string | null
  readonly held: number | null
}

/** A range of `limit_waiter_key`, each with its range of `limit_slot_limit`. */
const selectLimits: Query<[id: string], LimitRow> = query(
  'explain-limits',
  `select w.waiting_on as name, c.slots, s.root_id as holder, s.slots as held
   from (select distinct waiting_on from limit_waiter where root_id = $1) as w
   left join concurrency_limit c on c.name = w.waiting_on left join limit_slot s on s.limit_name = w.waiting_on
   order by w.waiting_on, s.granted_at, s.root_id`,
)

type WaitRow = RunExplanation['waits'][number]

/** A range of `wait_key`. */
const selectWaits: Query<[id: string], WaitRow> = query(
  'explain-waits',
  `select id, kind, name, deadline, event_key as "eventKey" from wait where root_id = $1 and status = 'open' order by id`,
)

const selectPaused: Query<[deploymentId: string], { paused: number }> = query(
  'explain-deployment',
  'select paused from deployment where id = $1',
)

type Limit = RunExplanation['limits'][number]
type PoolPart = Pick<RunExplanation, 'poolPaused' | 'queuePaused' | 'workersOnline'> & {
  readonly full: readonly Limit[]
}

const noPool: PoolPart = { poolPaused: false, queuePaused: false, workersOnline: 0, full: [] }

/** Everything that could keep a run from running. */
export function* explainRun(id: string): Steps<RunExplanation | undefined> {
  const run = yield* getRun(id)
  if (run === undefined) return undefined
  const place = yield* firstOf(selectPlace(id))
  const worker = yield* firstOf(selectAssigned(id))
  const { full, ...pool } = place === undefined ? noPool : yield* explainPool(place)
  return {
    run,
    queued: place === undefined ? null : queuedOf(place),
    ...pool,
    deploymentPaused: yield* isDeploymentPaused(run),
    limits: [...full, ...(yield* namedLimits(id))],
    worker: worker === undefined ? null : workerOf(worker),
    waits: yield* rowsOf(selectWaits(id)),
  }
}

function queuedOf({ pool, queue, due_at, now, ahead }: PlaceRow): RunExplanation['queued'] {
  return { pool, queue, dueInMicros: due_at >= never ? null : due_at - now, ahead }
}

const workerOf = ({ id, name, host, lease }: AssignedRow): RunExplanation['worker'] => ({
  id,
  name,
  host,
  leaseInMicros: lease,
})

function* explainPool({ pool, queue }: PlaceRow): Steps<PoolPart> {
  const found = yield* firstOf(selectPool(pool, queue))
  const running = yield* rowsOf(selectRunning(pool))
  const inQueue = running.filter((row) => row.queue === queue)
  const online = (yield* rowsOf(selectWorkers(pool))).map((row) => parseColumn<readonly string[]>(row.queues, []))
  return {
    poolPaused: found?.pool_paused === 1,
    queuePaused: found?.queue_paused === 1,
    workersOnline: online.filter((queues) => queues.length === 0 || queues.includes(queue)).length,
    full: [
      ...fullOf(`pool:${pool}`, found?.pool_size ?? null, running),
      ...fullOf(`queue:${pool}/${queue}`, found?.queue_size ?? null, inQueue),
    ],
  }
}

function fullOf(name: string, slots: number | null, running: readonly { readonly root_id: string }[]): Limit[] {
  if (slots === null || running.length < slots) return []
  return [{ name, slots, held: running.length, holders: running.slice(0, mostHolders).map((row) => row.root_id) }]
}

function* namedLimits(id: string): Steps<readonly Limit[]> {
  const rows = yield* rowsOf(selectLimits(id))
  return [...new Set(rows.map((row) => row.name))].map((name) => {
    const own = rows.filter((row) => row.name === name)
    const holders = [...new Set(own.flatMap((row) => row.holder ?? []))].slice(0, mostHolders)
    return { name, slots: own[0]?.slots ?? 0, held: own.reduce((sum, row) => sum + (row.held ?? 0), 0), holders }
  })
}

function* isDeploymentPaused({ origin }: RunRecord): Steps<boolean> {
  const id = origin?.deploymentId ?? null
  return id !== null && (yield* firstOf(selectPaused(id)))?.paused === 1
}
