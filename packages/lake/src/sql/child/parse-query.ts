import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import type { SqlTree } from '../read-references.ts'

let parser: Promise<DuckDBConnection> | undefined

/** DuckDB's own tree of a query: what runs is judged by who runs it. The parser is kept: it only ever sees texts, and runs none. */
export async function parseQuery(sql: string): Promise<SqlTree> {
  const connection = await (parser ??= openParser())
  const result = await connection.runAndReadAll('SELECT json_serialize_sql($1::VARCHAR)', [sql])
  const text = String(result.getRows()[0]?.[0])
  // Constants beyond every double are written as no JSON is.
  const tree = JSON.parse(text.replaceAll(/("value":)-?(?:Infinity|NaN|inf|nan)\b/g, '$1null')) as SqlTree
  return tree.position === undefined ? tree : { ...tree, line: lineAt(sql, Number(tree.position)) }
}

/** DuckDB counts bytes. */
function lineAt(sql: string, position: number): number {
  return Buffer.from(sql).subarray(0, position).toString().split('\n').length
}

async function openParser(): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(':memory:', { enable_external_access: 'false', threads: '1' })
  return instance.connect()
}
