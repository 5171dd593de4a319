import type { DuckDBConnection } from '@duckdb/node-api'
import path from 'node:path'
import { duckValue } from './duck-value.ts'
import { jsValue } from '../../duckdb/js-values.ts'
import { identifier, literal, literals } from '../../duckdb/quote.ts'
import type { QueryOrder, ResultColumn, RowColumns } from './messages.ts'
import { takeInstance } from './next-instance.ts'

export interface QueryEnd {
  readonly columns: readonly ResultColumn[]
  readonly rows: number
}

/** Takes rows away; resolves when it may take more. */
export type SendRows = (rows: RowColumns) => Promise<void>

/** Runs one query in a DuckDB of its own, which is closed to everything but its files before the query is read. */
export async function runQuery(order: QueryOrder, send: SendRows): Promise<QueryEnd> {
  const instance = await takeInstance(order)
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
  for (const statement of prepare) await connection.run(statement).catch(elsewhere)
}

/** The place of an error in a view is no place in the query. */
function elsewhere(error: unknown): never {
  const text = error instanceof Error ? error.message : String(error)
  throw new Error(text.split('\n\n', 1)[0], { cause: error })
}

async function sendResult(
  connection: DuckDBConnection,
  { sql, values }: QueryOrder,
  send: SendRows,
): Promise<QueryEnd> {
  const result = await connection.stream(sql, values.map(duckValue))
  const names = result.deduplicatedColumnNames()
  const types = result.columnTypes().map(String)
  let sent = 0
  for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    const rows = chunk.rowCount
    sent += rows
    await send({ names, types, columns: chunk.convertColumns(jsValue), rows })
  }
  return { columns: names.map((name, at) => ({ name, type: types[at] ?? '' })), rows: sent }
}

async function writeResult(connection: DuckDBConnection, { sql, values }: QueryOrder, into: string): Promise<QueryEnd> {
  const bound = values.map(duckValue)
  const described = await connection.runAndReadAll(`DESCRIBE ${sql}`, bound)
  const columns = described.getRows().map(([name, type]) => ({ name: String(name), type: String(type) }))
  const result = await connection.runAndReadAll(
    `COPY (${exactly(sql, columns)}) TO ${literal(into)} (FORMAT parquet, COMPRESSION zstd)`,
    bound,
  )
  return { columns: [], rows: Number(result.getRows()[0]?.[0] ?? 0) }
}

/** DuckDB writes its widest integers, which every sum of integers has, as doubles: as decimals they stay what they are. */
function exactly(sql: string, columns: readonly ResultColumn[]): string {
  if (!columns.some(({ type }) => wide.test(type))) return `${sql}\n`
  const places = columns.map((_, i) => `c${i}`)
  const selected = columns.map(({ name, type }, i) => {
    const value = wide.test(type) ? `c${i}::${type.replaceAll(/\bU?HUGEINT\b/g, 'DECIMAL(38, 0)')}` : `c${i}`
    return `${value} AS ${identifier(name)}`
  })
  return `SELECT ${selected.join(', ')} FROM (${sql}\n) AS result(${places.join(', ')})`
}

const wide = /\bU?HUGEINT\b/
