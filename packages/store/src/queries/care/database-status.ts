import { bothTexts, firstOf, type Query, query, rowsOf, type Steps } from '../../statement.ts'
import { readVersion, versionOf } from '../../migrations/migration-queries.ts'
import type { SchemaVersion } from '../../migrations/migrations.ts'

/** Those that grow with what runs. */
export const largeTables = [
  'run',
  'task_run',
  'wait',
  'artifact',
  'log',
  'cache',
  'event',
  'run_queue',
  'run_tag',
] as const

/** From the file's header, or the sizes of our tables with their indexes. */
const selectBytes: Query<[], { bytes: number }> = query('database-bytes', {
  sqlite: 'select page_count * page_size as bytes from pragma_page_count, pragma_page_size',
  postgres: `select coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint as bytes
    from pg_class c where relnamespace = current_schema()::regnamespace and relkind = 'r'`,
})

/** SQLite: the smallest index of each table, read whole, about 20 million rows a second. PostgreSQL: what its planner believes. */
const selectRows: Query<[], { name: string; rows: number }> = query(
  'database-rows',
  bothTexts((dialect) =>
    largeTables
      .map((table) =>
        dialect === 'sqlite'
          ? `select '${table}' as name, (select count(*) from ${table}) as rows`
          : `select '${table}' as name, case when reltuples < 0 then (select count(*) from ${table}) else reltuples::bigint end as rows
             from pg_class where oid = '${table}'::regclass`,
      )
      .join(' union all '),
  ),
)

export interface StatusRows {
  readonly schema: SchemaVersion
  readonly bytes: number
  readonly rows: Readonly<Record<string, number>>
}

/** {@link EventStore.databaseStatus}, as far as the database tells it. */
export function* databaseStatus(): Steps<StatusRows> {
  const schema = versionOf(yield* firstOf(readVersion()))
  const bytes = (yield* firstOf(selectBytes()))?.bytes ?? 0
  const rows = yield* rowsOf(selectRows())
  return { schema, bytes, rows: Object.fromEntries(rows.map((row) => [row.name, row.rows])) }
}
