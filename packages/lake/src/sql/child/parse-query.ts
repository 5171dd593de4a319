import { DuckDBInstance } from '@duckdb/node-api'
import type { SqlTree } from '../read-references.ts'

/** DuckDB's own tree of a query: what runs is judged by who runs it. */
export async function parseQuery(sql: string): Promise<SqlTree> {
  const instance = await DuckDBInstance.create(':memory:', { enable_external_access: 'false' })
  try {
    const connection = await instance.connect()
    const result = await connection.runAndReadAll('SELECT json_serialize_sql($1::VARCHAR)', [sql])
    const text = String(result.getRows()[0]?.[0])
    // Constants beyond every double are written as no JSON is.
    return JSON.parse(text.replaceAll(/("value":)-?(?:Infinity|NaN|inf|nan)\b/g, '$1null')) as SqlTree
  } finally {
    instance.closeSync()
  }
}
