import { SluiceError } from '@sluice/core'
import { recordTypes } from '../../codec/columns.ts'
import type { CreatedRun, QueuedRun } from '../../dispatch-store.ts'
import { isId } from '../../paging.ts'
import { type NewRun, noOrigin } from '../../records.ts'
import { listOf, type Query, query, rowsOf, type Steps } from '../../statement.ts'
import { enqueueRuns, insertRuns, type QueueEntry } from './insert-runs.ts'
import { microsOf } from './micros-of.ts'
import { requireQueues } from './require-queues.ts'

interface KeyRow {
  readonly workspace: string
  readonly key: string
  readonly run_id: string
  readonly request_hash: string
}

const keyTypes = recordTypes({
  workspace: 'text',
  key: 'text',
  run_id: 'id',
  request_hash: 'text',
  created_at: 'bigint',
})

/**
 * One row per key; one that is known already stays as it is. In order of the keys: two calls with the same ones wait for each
 * other, never in a circle.
 */
const insertKeys: Query<[keys: string], KeyRow> = query('insert-idempotency', {
  sqlite: `insert into idempotency (workspace, key, run_id, request_hash, created_at)
    select value ->> 'workspace', value ->> 'key', value ->> 'run_id', value ->> 'request_hash', value ->> 'created_at'
    from json_each($1) where true order by json_each.key on conflict (workspace, key) do nothing
    returning workspace, key, run_id, request_hash`,
  postgres: `insert into idempotency (workspace, key, run_id, request_hash, created_at)
    select workspace, key, run_id, request_hash, created_at from json_to_recordset($1::json) as r (${keyTypes})
    on conflict (workspace, key) do nothing returning workspace, key, run_id, request_hash`,
})

/** By primary key. A statement of its own: it sees what another call, that this one waited for, has inserted. */
const selectKeys: Query<[keys: string], KeyRow> = query('select-idempotency', {
  sqlite: `select i.workspace, i.key, i.run_id, i.request_hash from json_each($1) as asked
    join idempotency i on i.workspace = asked.value ->> 'workspace' and i.key = asked.value ->> 'key'`,
  postgres: `select i.workspace, i.key, i.run_id, i.request_hash
    from json_to_recordset($1::json) as asked (workspace text, key text)
    join idempotency i on i.workspace = asked.workspace and i.key = asked.key`,
})

/** Inserts runs that wait for a worker, each once per idempotency key. */
export function* createRuns(runs: readonly QueuedRun[]): Steps<readonly CreatedRun[]> {
  for (const { run } of runs) {
    if (!isId(run.id)) throw new SluiceError('OPTION_INVALID', { option: 'id', problem: `${run.id} is not a UUID` })
  }
  yield* requireQueues(runs.flatMap(({ dispatch }) => (dispatch === null ? [] : [dispatch])))
  const known = yield* takeKeys(runs)
  const wanted = runs.filter((queued) => (keyOf(known, queued)?.run_id ?? queued.run.id) === queued.run.id)
  const inserted = new Set(yield* insertRuns(wanted.map(placed)))
  yield* enqueueRuns(wanted.filter(({ run }) => inserted.has(run.id)).flatMap(entryOf))
  return runs.map((queued) => {
    const { run, idempotency } = queued
    const first = keyOf(known, queued)
    const conflict = first !== undefined && first.request_hash !== idempotency?.requestHash
    return { id: first?.run_id ?? run.id, created: inserted.delete(run.id), conflict }
  })
}

/** Who has each key, after those that were free have been taken for these runs. */
function* takeKeys(runs: readonly QueuedRun[]): Steps<ReadonlyMap<string, KeyRow>> {
  const rows = runs
    .flatMap(({ run, idempotency }) => {
      if (idempotency === undefined) return []
      const { key, requestHash } = idempotency
      return [{ workspace: run.workspace, key, run_id: run.id, request_hash: requestHash, created_at: run.createdAt }]
    })
    .toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
  if (rows.length === 0) return new Map()
  const taken = yield* rowsOf(insertKeys(JSON.stringify(rows)))
  const found = taken.length === rows.length ? taken : yield* rowsOf(selectKeys(JSON.stringify(rows)))
  return new Map(found.map((row) => [nameOf(row), row]))
}

const nameOf = ({ workspace, key }: { readonly workspace: string; readonly key: string }): string =>
  listOf([workspace, key])

function keyOf(known: ReadonlyMap<string, KeyRow>, { run, idempotency }: QueuedRun): KeyRow | undefined {
  return idempotency && known.get(nameOf({ workspace: run.workspace, key: idempotency.key }))
}

/** The run knows its pool and queue: it comes back to them when it suspends or loses its worker. */
function placed({ run, dispatch }: QueuedRun): NewRun {
  return dispatch === null
    ? run
    : { ...run, origin: { ...noOrigin, ...run.origin, pool: dispatch.pool, queue: dispatch.queue } }
}

function entryOf({ run, dispatch }: QueuedRun): QueueEntry[] {
  if (dispatch === null) return []
  const { pool, queue, dueInMs } = dispatch
  const dueAt = dueInMs === null ? (run.origin?.dueAt ?? null) : null
  const place = { run_id: run.id, pool, queue, priority: run.origin?.priority ?? 0 }
  return [{ ...place, due_at: dueAt, due_in: microsOf(dueInMs ?? 0) }]
}
