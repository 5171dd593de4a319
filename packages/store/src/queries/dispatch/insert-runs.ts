import { columnList, recordTypes } from '../../codec/columns.ts'
import { encodeNewRun, newRunColumns } from '../../codec/run-codec.ts'
import type { NewRun } from '../../records.ts'
import { bothTexts, type Query, query, rowsOf, type Steps, type Value } from '../../statement.ts'
import { storeNow } from '../fragments.ts'

/** Rows of one statement: their text stays near a megabyte. */
const chunkSize = 1000

const columns = columnList(newRunColumns)
const fields = Object.keys(newRunColumns)
  .map((name) => `value ->> '${name}'`)
  .join(', ')

/**
 * The rows, their list indexes, events and tags; nothing for an id that is there already. SQLite reads a row's JSON anew for each of
 * its 50 columns unless it is binary and kept: 18 µs a row in place of 65.
 */
const insertRows: Query<[rows: string], { id: string }> = query('insert-runs', {
  sqlite: `insert into run (${columns}) with row (key, value) as materialized (select key, jsonb(value) from json_each($1))
    select ${fields} from row where true order by key on conflict (id) do nothing returning id`,
  postgres: `insert into run (${columns})
    select ${columns} from json_to_recordset($1::json) as r (${recordTypes(newRunColumns)})
    on conflict (id) do nothing returning id`,
})

/** Most columns of a new run are null, which is what both databases read where a field is missing: their text is half as long. */
function withoutNulls(row: Readonly<Record<string, Value>>): Record<string, Value> {
  const some: Record<string, Value> = {}
  for (const name in row) if (row[name] !== null && row[name] !== undefined) some[name] = row[name]
  return some
}

/** Inserts root runs in bulk. Answers the ids of those that were not there yet. */
export function* insertRuns(runs: readonly NewRun[]): Steps<readonly string[]> {
  const inserted: string[] = []
  for (const chunk of chunksOf(runs)) {
    const rows = yield* rowsOf(insertRows(JSON.stringify(chunk.map((run) => withoutNulls(encodeNewRun(run))))))
    for (const row of rows) inserted.push(row.id)
  }
  return inserted
}

/** A run's place in the line of its pool: due at a time, or `due_in` µs from now by the store's clock. */
export interface QueueEntry {
  readonly run_id: string
  readonly pool: string
  readonly queue: string
  readonly priority: number
  readonly due_at: number | null
  readonly due_in: number | null
}

const entryRows = {
  sqlite: `select value ->> 'run_id' as run_id, value ->> 'pool' as pool, value ->> 'queue' as queue, value ->> 'priority' as priority,
    coalesce(value ->> 'due_at', ${storeNow.sqlite} + (value ->> 'due_in')) as due from json_each($1)`,
  postgres: `select run_id, pool, queue, priority, coalesce(due_at, ${storeNow.postgres} + due_in) as due
    from json_to_recordset($1::json) as r (run_id uuid, pool text, queue text, priority integer, due_at bigint, due_in bigint)`,
}

/** Each reads its queue's priority by primary key. No lock: a priority that changes meanwhile is for the runs that come later. */
const insertEntries: Query<[entries: string]> = query(
  'insert-run-queue',
  bothTexts(
    (dialect) => `insert into run_queue (run_id, pool, queue, order_at, due_at)
    select run_id, entry.pool, queue, due - cast(entry.priority + coalesce(work_queue.priority, 0) as bigint) * 60000000, due
    from (${entryRows[dialect]}) as entry
    left join work_queue on work_queue.pool = entry.pool and work_queue.name = entry.queue
    where true on conflict (run_id) do nothing`,
  ),
)

/** Puts runs in line. `order_at` is fixed here: a priority counts as having been due so many minutes earlier, and nobody starves. */
export function* enqueueRuns(entries: readonly QueueEntry[]): Steps<void> {
  for (const chunk of chunksOf(entries)) yield* rowsOf(insertEntries(JSON.stringify(chunk)))
}

function* chunksOf<T>(items: readonly T[]): Generator<readonly T[], void> {
  for (let from = 0; from < items.length; from += chunkSize) yield items.slice(from, from + chunkSize)
}
