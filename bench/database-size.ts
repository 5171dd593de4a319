import { PostgresDatabase } from '@sluice/postgres'
import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

/** What a database holds, all tables of all programs together; bytes with indexes. */
export interface DatabaseSize {
  readonly rows: number
  readonly bytes: number
}

/** Of a SQLite file that nobody has open: its journal has gone into it. */
export function sqliteSize(file: string): DatabaseSize {
  using database = new DatabaseSync(file, { readOnly: true })
  const select = "select name from sqlite_schema where type = 'table' and name not like 'sqlite%'"
  const names = database.prepare(select).all() as { name: string }[]
  const rows = names.map(({ name }) => Number(database.prepare(`select count(*) as n from "${name}"`).get()?.['n']))
  return { rows: sum(rows), bytes: statSync(file).size }
}

/** Of a whole PostgreSQL database, dead rows that are not vacuumed yet included. */
export async function postgresSize(url: string): Promise<DatabaseSize> {
  await using database = PostgresDatabase.fromUrl(url)
  const tables = await database.sql<{ name: string; bytes: number }>`
    select format('%I.%I', schemaname, relname) as name, pg_total_relation_size(relid)::float8 as bytes
    from pg_stat_user_tables`
  const rows: number[] = []
  for (const { name } of tables) {
    const [found] = await database.query<{ n: number }>(`select count(*)::float8 as n from ${name}`)
    rows.push(found?.n ?? 0)
  }
  return { rows: sum(rows), bytes: sum(tables.map((table) => table.bytes)) }
}

/** What every one of `items` added. */
export function growthPerItem(before: DatabaseSize, after: DatabaseSize, items: number): DatabaseSize {
  return { rows: (after.rows - before.rows) / items, bytes: (after.bytes - before.bytes) / items }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
