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

/**
 * One row by primary key. The lease is locked: claims of one worker wait for each other, so that a request that is sent twice at
 * once is answered twice with the same runs, and a worker that is being stopped gets none.
 */
const lockClaimant: Query<[workerId: string], ClaimantRow> = query(
  'lock-claimant',
  bothTexts(
    (dialect) => `select w.pool, w.queues, ${storeNow[dialect]} as now
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

type AssignValues = [ids: string, workerId: string, requestId: string]

const assignRuns: Query<AssignValues> = query(
  'assign-runs',
  bothTexts(
    (dialect) => `insert into assignment (root_id, epoch, worker_id, request_id, pool, queue, claimed_at)
    select run_id, run.epoch, $2, $3, run_queue.pool, run_queue.queue, ${storeNow[dialect]}
    from run_queue join run on run.id = run_queue.run_id where run_id ${isAnyId('$1')[dialect]}
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
  const ids = yield* dueRuns(claimant.pool, queues, Math.min(clampLimit(claim.max), room))
  return ids.length === 0 ? [] : yield* take(ids, claimant.now, claim)
}

/** What an earlier try of this request was given, as far as the worker still has it. */
function* givenRuns(workerId: string, requestId: string): Steps<readonly RunRecord[]> {
  const given = new Map((yield* rowsOf(selectGiven(workerId, requestId))).map(({ id, epoch }) => [id, epoch]))
  const runs = (yield* rowsOf(selectRuns(listOf([...given.keys()])))).map(decodeRun)
  return runs.filter((run) => run.epoch === given.get(run.id))
}

/** Ids of the next due runs, locked, no more of each queue than there is room for. */
function* dueRuns(pool: string, queues: readonly QueueRoom[], max: number): Steps<readonly string[]> {
  const room = new Map(queues.map((queue) => [queue.name, queue.room]))
  const taken: string[] = []
  for (;;) {
    const open = [...room].filter(([, left]) => left > 0).map(([name]) => name)
    const limit = max - taken.length
    if (open.length === 0 || limit <= 0) return taken
    const found = yield* rowsOf(selectDue(pool, listOf(open), limit, listOf(taken)))
    let passed = false
    for (const { run_id, queue } of found) {
      const left = room.get(queue) ?? 0
      if (left > 0) taken.push(run_id)
      else passed = true
      room.set(queue, left - 1)
    }
    if (!passed) return taken
  }
}

function* take(ids: readonly string[], now: Micros, claim: WorkerClaim): Steps<readonly RunRecord[]> {
  const pending = stateOf('Pending', now)
  const list = listOf(ids)
  const rows = yield* rowsOf(takeRuns(list, pending.type, pending.name, pending.at, timelineEntry(pending)))
  yield* rowsOf(assignRuns(listOf(rows.map((row) => row.id)), claim.workerId, claim.requestId))
  yield* rowsOf(dequeueRuns(list))
  // What a late request left behind after the run had suspended.
  yield* releaseRoots(rows.filter((row) => row.holds === 1).map((row) => row.id))
  const order = new Map(ids.map((id, index) => [id, index]))
  return rows.map(decodeRun).toSorted((a, b) => (order.get(a.id) ?? 0) - (order.get(b.id) ?? 0))
}
