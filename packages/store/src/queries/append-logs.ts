import { columnList, recordTypes } from '../codec/columns.ts'
import { encodeLog, logColumns } from '../codec/log-codec.ts'
import type { LogEntry } from '../records.ts'
import { listOf, type Query, query, rowsOf, type Steps } from '../statement.ts'

const columns = columnList(logColumns)
const fields = Object.keys(logColumns)
  .map((name) => `value ->> '${name}'`)
  .join(', ')

/**
 * All lines in one statement. Positions must become visible in their order, or a reader that follows a run would skip a line
 * whose transaction commits late. SQLite has one writer at a time; on PostgreSQL those who write logs of the same root run
 * wait for each other: its lock is taken before a position is drawn, and in the order of ids, so that batches over several
 * runs cannot deadlock.
 */
const insertLogs: Query<[lines: string, roots: string]> = query('append-logs', {
  sqlite: `insert into log (${columns}) select ${fields} from json_each($1) where $2 is not null order by key`,
  postgres: `with turn as materialized (
     select pg_advisory_xact_lock(hashtextextended(root, 1)) from json_array_elements_text($2::json) as root
   )
   insert into log (${columns})
   select ${columns} from json_to_recordset($1::json) as line (${recordTypes(logColumns)})
   where (select count(*) from turn) > 0`,
})

/** Writes log lines in the order given. */
export function* appendLogs(entries: readonly LogEntry[]): Steps<void> {
  if (entries.length === 0) return
  const roots = [...new Set(entries.map((entry) => entry.rootId))].toSorted()
  yield* rowsOf(insertLogs(JSON.stringify(entries.map(encodeLog)), listOf(roots)))
}
