import { type Micros, SluiceError, stateOf } from '@sluice/core'
import { decodeRun, type RunRow } from '../../codec/run-codec.ts'
import { parseColumn } from '../../codec/text.ts'
import type { RunEpoch, WorkerClaim } from '../../dispatch-store.ts'
import { clampLimit, isId } from '../../paging.ts'
import type { RunRecord } from '../../records.ts'
import { bothTexts, firstOf, listOf, type Query, query, rowsOf, type Steps } from '../../statement.ts'
import { allOfRun, endedStates, isAnyId, locking, storeNow, timelineEntry, timelineWith } from '../fragments.ts'
import { releaseRoots } from '../limits/release-slots.ts'
import { openQueues, type QueueRoom } from './open-queues.ts'
import { selectDue } from './select-due.ts'

interface ClaimantRow {
  readonly pool: string
  readonly queues: string | null
  readonly now: Micros
}

const planning = {
  sqlite: '',
  postgres: ", set_config('enable_sort', 'off', true), set_config('enable_seqscan', 'off', true)",
}

/**
 * One row by primary key. The lease is locked: claims of one worker wait for each other, so that a request that is sent twice at
 * once is answered twice with the same runs, and a worker that is being stopped gets none.
 *
 * What follows in the transaction is planned for a full queue on PostgreSQL, by index and in its order: a plan that was made while
 * the queue was empty stays with the connection, and would read and sort all of it when ten thousand runs come at once.
 */
const lockClaimant: Query<[workerId: string], ClaimantRow> = query(
  'lock-claimant',
  bothTexts(
    (dialect) => `select w.pool, w.queues, ${storeNow[dialect]} as now${planning[dialect]}
      from worker w join worker_lease l on l.worker_id = w.id
      where w.id = $1 and w.stopped_at is null and l.expires_at > ${storeNow[dialect]}${locking(dialect, ' for update of l')}`,
  ),
)

/** A range of `assignment_worker`. */
const selectGiven: Query<[workerId: string, requestId: string], RunEpoch> = query(
  'select-given-runs',
  'select root_id as id, epoch from assignment where worker_id = $1 and request_id = $2 order by root_id',
)

/** By primary key. No lock. */
const selectRuns: Query<[ids: string], RunRow> = query(
  'select-runs',
  bothTexts((dialect) => `select ${allOfRun} from run where id ${isAnyId('$1')[dialect]} order by id`),
)

type PendingValues = [ids: string, type: string, name: string, at: Micros, timelineEntry: string]

/**
 * By primary key, each locked until the commit: an append of the late owner commits first or is fenced. A run whose end was asked
 * for in the last moment stays Cancelling: its process ends it.
 */
const takeRuns: Query<PendingValues, RunRow & { readonly holds: number }> = query(
  'take-runs',
  bothTexts((dialect) => {
    const unlessCancelling = (column: string, value: string): string =>
      `${column} = case when state_type = 'cancelling' then ${column} else ${value} end`
    return `update run set epoch = epoch + 1, owner = null, ended_at = null,
        ${unlessCancelling('state_type', '$2')}, ${unlessCancelling('state_name', '$3')},
        ${unlessCancelling('state_at', '$4')}, ${unlessCancelling('state_message', 'null')},
        ${unlessCancelling('waiting_for', 'null')}, ${unlessCancelling('timeline', timelineWith('$5'))}
      where id ${isAnyId('$1')[dialect]} and parent_id is null and state_type not in ${endedStates}
      returning ${allOfRun}, holds`
  }),
)

const dequeueRuns: Query<[ids: string]> = query(
  'dequeue-runs',
  bothTexts((dialect) => `delete from run_queue where run_id ${isAnyId('$1')[dialect]}`),
)

const assigned = { sqlite: "value ->> 'id', value ->> 'epoch', value ->> 'queue'", postgres: 'id, epoch, queue' }
const rowsOfAssigned = {
  sqlite: 'json_each($1) where true',
  postgres: 'json_to_recordset($1::json) as r (id uuid, epoch integer, queue text)',
}

type AssignValues = [runs: string, workerId: string, requestId: string, pool: string]

/** One row per run. What another worker had of it is over with its epoch. */
const assignRuns: Query<AssignValues> = query(
  'assign-runs',
  bothTexts(
    (dialect) => `insert into assignment (root_id, epoch, queue, worker_id, request_id, pool, claimed_at)
    select ${assigned[dialect]}, $2, $3, $4, ${storeNow[dialect]} from ${rowsOfAssigned[dialect]}
    on conflict (root_id) do update set epoch = excluded.epoch, worker_id = excluded.worker_id,
      request_id = excluded.request_id, pool = excluded.pool, queue = excluded.queue, claimed_at = excluded.claimed_at`,
  ),
)

/** Hands due runs to a worker. Six statements when there are some, three when there are none. */
export function* claimRuns(claim: WorkerClaim): Steps<readonly RunRecord[]> {
  const { workerId, requestId } = claim
  if (!isId(requestId)) throw new SluiceError('OPTION_INVALID', { option: 'requestId', problem: 'it is not a UUID' })
  const claimant = isId(workerId) ? yield* firstOf(lockClaimant(workerId)) : undefined
  if (claimant === undefined) throw new SluiceError('WORKER_NOT_FOUND', { worker: workerId })
  const wanted = parseColumn<readonly string[]>(claimant.queues, [])
  const { queues, room, given } = yield* openQueues({ pool: claimant.pool, wanted, workerId, requestId })
  if (given) return yield* givenRuns(workerId, requestId)
  const due = yield* dueRuns(claimant.pool, queues, Math.min(clampLimit(claim.max), room))
  return due.size === 0 ? [] : yield* take(due, claimant, claim)
}

/** What an earlier try of this request was given, as far as the worker still has it. */
function* givenRuns(workerId: string, requestId: string): Steps<readonly RunRecord[]> {
  const given = new Map((yield* rowsOf(selectGiven(workerId, requestId))).map(({ id, epoch }) => [id, epoch]))
  const runs = (yield* rowsOf(selectRuns(listOf([...given.keys()])))).map(decodeRun)
  return runs.filter((run) => run.epoch === given.get(run.id))
}

/** The next due runs, locked, in order, each with its queue: no more of one than there is room for. */
function* dueRuns(pool: string, queues: readonly QueueRoom[], max: number): Steps<ReadonlyMap<string, string>> {
  const room = new Map(queues.map((queue) => [queue.name, queue.room]))
  const due = new Map<string, string>()
  for (;;) {
    const open = [...room].filter(([, left]) => left > 0).map(([name]) => name)
    const limit = max - due.size
    if (open.length === 0 || limit <= 0) return due
    const found = yield* rowsOf(selectDue(pool, listOf(open), limit, listOf([...due.keys()])))
    let passed = false
    for (const { run_id, queue } of found) {
      const left = room.get(queue) ?? 0
      if (left > 0) due.set(run_id, queue)
      else passed = true
      room.set(queue, left - 1)
    }
    if (!passed) return due
  }
}

function* take(
  due: ReadonlyMap<string, string>,
  { pool, now }: ClaimantRow,
  { workerId, requestId }: WorkerClaim,
): Steps<readonly RunRecord[]> {
  const ids = [...due.keys()]
  const pending = stateOf('Pending', now)
  const rows = yield* rowsOf(takeRuns(listOf(ids), pending.type, pending.name, pending.at, timelineEntry(pending)))
  const taken = new Map(rows.map((row) => [row.id, row]))
  const given = rows.map(({ id, epoch }) => ({ id, epoch, queue: due.get(id) }))
  yield* rowsOf(assignRuns(JSON.stringify(given), workerId, requestId, pool))
  yield* rowsOf(dequeueRuns(listOf(ids)))
  // What a late request left behind after the run had suspended.
  yield* releaseRoots(rows.filter((row) => row.holds === 1).map((row) => row.id))
  return ids.flatMap((id) => taken.get(id) ?? []).map(decodeRun)
}
