import type { Micros } from '@sluice/core'
import { parseColumn } from '../../codec/text.ts'
import type { WorkerRecord } from '../../dispatch-store.ts'
import { bothTexts, rowsOf, type Statement, type Steps, type Value } from '../../statement.ts'
import { storeNow } from '../fragments.ts'

interface WorkerRow {
  readonly id: string
  readonly name: string
  readonly pool: string
  readonly queues: string | null
  readonly host: string
  readonly pid: number
  readonly version: string
  readonly mode: WorkerRecord['mode']
  readonly capacity: number
  readonly started_at: Micros
  readonly stopped_at: Micros | null
  readonly seen_at: Micros
  readonly expires_at: Micros
  readonly draining: number
  readonly expired: number
  readonly runs: number
}

/** Nobody looks at more of them. */
const mostWorkers = 1000

/** Workers, newest first: those that have not stopped, or also the ended ones. */
export function* listWorkers(query: {
  readonly pool?: string
  readonly all?: boolean
}): Steps<readonly WorkerRecord[]> {
  return (yield* rowsOf(selectWorkers(query.pool, query.all === true))).map(decodeWorker)
}

/** `worker_live`, each with its lease by primary key and a range of `assignment_worker`; or all there are. No lock. */
function selectWorkers(pool: string | undefined, all: boolean): Statement<WorkerRow> {
  const values: Value[] = pool === undefined ? [] : [pool]
  const conditions = [...(pool === undefined ? [] : ['pool = $1']), ...(all ? [] : ['stopped_at is null'])]
  const text = bothTexts(
    (
      dialect,
    ) => `select w.id, w.name, w.pool, w.queues, w.host, w.pid, w.version, w.mode, w.capacity, w.started_at, w.stopped_at,
      coalesce(l.seen_at, w.started_at) as seen_at, coalesce(l.expires_at, w.started_at) as expires_at,
      coalesce(l.draining, 0) as draining,
      case when coalesce(l.expires_at, 0) <= ${storeNow[dialect]} then 1 else 0 end as expired,
      (select count(*) from assignment where worker_id = w.id) as runs
    from worker w left join worker_lease l on l.worker_id = w.id
    ${conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`} order by w.id desc limit ${mostWorkers}`,
  )
  return { name: `list-workers${pool === undefined ? '' : '-pool'}${all ? '-all' : ''}`, text, values }
}

function decodeWorker(row: WorkerRow): WorkerRecord {
  return {
    id: row.id,
    name: row.name,
    pool: row.pool,
    queues: parseColumn<readonly string[]>(row.queues, []),
    host: row.host,
    pid: row.pid,
    version: row.version,
    mode: row.mode,
    capacity: row.capacity,
    startedAt: row.started_at,
    stoppedAt: row.stopped_at,
    seenAt: row.seen_at,
    expiresAt: row.expires_at,
    status: statusOf(row),
    runs: row.runs,
  }
}

function statusOf(row: WorkerRow): WorkerRecord['status'] {
  if (row.stopped_at !== null || row.expired === 1) return 'offline'
  return row.draining === 1 ? 'draining' : 'online'
}
