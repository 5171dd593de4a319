import type { Client } from 'pg'
import { schemaName } from './migrate.ts'

/** Every table of ours, on a connection without a time limit: a large one takes minutes. Others read and write meanwhile. */
export async function vacuumTables(client: Client): Promise<void> {
  await client.connect()
  try {
    const { rows } = await client.query<{ name: string }>(
      'select quote_ident(schemaname) || $2 || quote_ident(tablename) as name from pg_tables where schemaname = $1 order by 1',
      [schemaName, '.'],
    )
    for (const { name } of rows) await client.query(`vacuum (analyze) ${name}`)
  } finally {
    await client.end()
  }
}
