import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import path from 'node:path'
import { duckValue } from './duck-value.ts'
import { jsValue } from '../../duckdb/js-values.ts'
import { literal, literals } from '../../duckdb/quote.ts'
import type { QueryOrder } from './messages.ts'

export interface QueryEnd {
  readonly columns: readonly string[]
  readonly rows: number
}

/** Runs one query in a DuckDB of its own, which is closed to everything but its files before the query is read. */
export async function runQuery(order: QueryOrder, send: (rows: readonly object[]) => Promise<void>): Promise<QueryEnd> {
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: order.memoryLimit,
    ...(order.threads !== undefined && { threads: String(order.threads) }),
    temp_directory: order.spill,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  })
  try {
    const connection = await instance.connect()
    await close(connection, order)
    return order.into === undefined
      ? await sendResult(connection, order, send)
      : await writeResult(connection, order, order.into)
  } finally {
    instance.closeSync()
  }
}

async function close(connection: DuckDBConnection, { files, prepare, into }: QueryOrder): Promise<void> {
  await connection.run("SET TimeZone = 'UTC'")
  await connection.run(`SET allowed_paths = ${literals(files)}`)
  if (into !== undefined) await connection.run(`SET allowed_directories = ${literals([path.dirname(into)])}`)
  await connection.run('SET enable_external_access = false')
  await connection.run('SET lock_configuration = true')
  for (const statement of prepare) await connection.run(statement)
}

async function sendResult(
  connection: DuckDBConnection,
  { sql, values }: QueryOrder,
  send: (rows: readonly object[]) => Promise<void>,
): Promise<QueryEnd> {
  const result = await connection.stream(sql, values.map(duckValue))
  let sent = 0
  for await (const rows of result.yieldConvertedRowObjects(jsValue)) {
    sent += rows.length
    await send(rows)
  }
  return { columns: result.deduplicatedColumnNames(), rows: sent }
}

async function writeResult(connection: DuckDBConnection, { sql, values }: QueryOrder, into: string): Promise<QueryEnd> {
  const result = await connection.runAndReadAll(
    `COPY (${sql}\n) TO ${literal(into)} (FORMAT parquet, COMPRESSION zstd)`,
    values.map(duckValue),
  )
  return { columns: [], rows: Number(result.getRows()[0]?.[0] ?? 0) }
}
