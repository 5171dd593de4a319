import { bothTexts, firstOf, type Query, query, rowsOf, type Steps } from '../../statement.ts'
import { locking } from '../fragments.ts'

/** A queue that may give runs, and how many more. */
export interface QueueRoom {
  readonly name: string
  readonly room: number
}

/** Whose claim it is. */
export interface Claimant {
  readonly pool: string
  /** Empty: all queues of the pool. */
  readonly wanted: readonly string[]
  readonly workerId: string
  readonly requestId: string
}

export interface OpenQueues {
  readonly queues: readonly QueueRoom[]
  /** For the pool as a whole. */
  readonly room: number
  /** This request has its runs already. */
  readonly given: boolean
}

interface QueueRow {
  readonly pool_paused: number
  readonly pool_size: number | null
  readonly name: string
  readonly paused: number
  readonly size: number | null
  readonly given: number
}

/** Few rows by primary keys, and one look into `assignment_worker`. No lock. */
const selectQueues: Query<[pool: string, workerId: string, requestId: string], QueueRow> = query(
  'select-queues-to-claim',
  `select p.paused as pool_paused, p.concurrency as pool_size, q.name, q.paused, q.concurrency as size,
     case when exists (select 1 from assignment where worker_id = $2 and request_id = $3) then 1 else 0 end as given
   from work_pool p join work_queue q on q.pool = p.name where p.name = $1 order by q.name`,
)

type SizeRow = { readonly name: string; readonly concurrency: number }

/** Claims of a limited pool take turns: each counts what those before it have taken. */
const lockPool: Query<[pool: string], SizeRow> = query(
  'lock-limited-pool',
  bothTexts(
    (dialect) => `select name, concurrency from work_pool where name = $1 and concurrency is not null
      ${locking(dialect, ' for no key update')}`,
  ),
)

/** In order of name, after the pool: claims never wait in a circle. */
const lockQueues: Query<[pool: string], SizeRow> = query(
  'lock-limited-queues',
  bothTexts(
    (dialect) => `select name, concurrency from work_queue where pool = $1 and concurrency is not null
      order by name${locking(dialect, ' for no key update')}`,
  ),
)

/** The range of the pool in `assignment_pool`. A statement of its own: with the locks held it sees every claim before. */
const countRunning: Query<[pool: string], { queue: string; running: number }> = query(
  'count-running-by-queue',
  'select queue, count(*) as running from assignment where pool = $1 group by queue',
)

/** Which queues the claimant may take from, and how many runs. One statement, or four when something is limited. */
export function* openQueues(claimant: Claimant): Steps<OpenQueues> {
  const { pool, wanted, workerId, requestId } = claimant
  const rows = yield* rowsOf(selectQueues(pool, workerId, requestId))
  const given = rows.some((row) => row.given === 1)
  const open = rows.filter((row) => row.paused === 0 && (wanted.length === 0 || wanted.includes(row.name)))
  if (given || open.length === 0 || rows.some((row) => row.pool_paused === 1)) return { queues: [], room: 0, given }
  if (rows.every((row) => row.pool_size === null && row.size === null)) {
    return { queues: open.map(({ name }) => ({ name, room: Infinity })), room: Infinity, given }
  }
  const poolSize = (yield* firstOf(lockPool(pool)))?.concurrency ?? Infinity
  const sizes = new Map((yield* rowsOf(lockQueues(pool))).map((row) => [row.name, row.concurrency]))
  const running = new Map((yield* rowsOf(countRunning(pool))).map((row) => [row.queue, row.running]))
  const queues = open.map(({ name }) => ({ name, room: (sizes.get(name) ?? Infinity) - (running.get(name) ?? 0) }))
  return { queues, room: poolSize - [...running.values()].reduce((sum, count) => sum + count, 0), given }
}
