import { SluiceError } from '@sluice/core'
import type { DuckSession } from '../../duckdb/duck-session.ts'
import { icebergTypeOf } from '../../duckdb/iceberg-type-of.ts'
import { identifier, literal } from '../../duckdb/quote.ts'
import type { ParquetFile } from '../source/source-file.ts'
import type { RawColumn, Reading } from './reading.ts'

/** A Parquet file's rows. Throws `LOAD_SOURCE_UNREADABLE` for what is none, or is cut. */
export async function readParquet(
  session: DuckSession,
  file: ParquetFile,
  nameAll: (sources: readonly string[]) => readonly string[],
): Promise<Reading> {
  const path = literal(file.path)
  const from = `read_parquet(${path}, hive_partitioning=false, file_row_number=true)`
  try {
    const found = await session.columns(`SELECT * EXCLUDE (file_row_number) FROM ${from}`)
    const [counted] = await session.all<{ n: number }>(`SELECT num_rows AS n FROM parquet_file_metadata(${path})`)
    const empty = await columnsOfNulls(session, path)
    const names = nameAll(found.map(({ name }) => name))
    const columns = found.map(({ name, type }, i): RawColumn => {
      const called = names[i] ?? name
      return empty.has(name) ? emptyColumn(name, called) : typedColumn(name, called, identifier(name), type)
    })
    const places = {
      record: 'file_row_number + 1',
      offset: 'NULL',
      length: 'NULL',
      raw: rowText(found.map(({ name }) => name)),
    }
    const types = new Map(found.map(({ name, type }) => [name, type]))
    return { file: { ...file, types }, from, columns, records: counted?.n ?? 0, places }
  } catch (cause) {
    if (!isQueryFailure(cause)) throw cause
    throw new SluiceError(
      'LOAD_SOURCE_UNREADABLE',
      { source: file.label ?? 'stream', problem: cause.details['problem'] },
      { cause },
    )
  }
}

/**
 * Columns of Parquet's type for nothing but nulls, which pandas writes for a column without any value. DuckDB calls them INTEGER, and a
 * table that had them as integers would refuse what comes in them later.
 */
async function columnsOfNulls(session: DuckSession, path: string): Promise<ReadonlySet<string>> {
  const nulls = await session.all<{ name: string }>(
    `SELECT name FROM parquet_schema(${path}) WHERE logical_type = 'NullType()' AND num_children IS NULL`,
  )
  return new Set(nulls.map(({ name }) => name))
}

/** As a CSV has it where nothing is written. */
function emptyColumn(source: string, name: string): RawColumn {
  return { source, name, value: 'CAST(NULL AS VARCHAR)', duckType: undefined, type: undefined, guessed: false }
}

/** A column whose values have a type already; what Iceberg has no type for is read as text. */
export function typedColumn(source: string, name: string, value: string, duckType: string): RawColumn {
  let id = 0
  const type = icebergTypeOf(duckType, () => (id += 1))
  if (type !== undefined) return { source, name, value, duckType, type, guessed: false }
  return { source, name, value: `CAST(${value} AS VARCHAR)`, duckType: 'VARCHAR', type: 'string', guessed: false }
}

function rowText(columns: readonly string[]): string {
  return `CAST(to_json({${columns.map((name) => `${literal(name)}: ${identifier(name)}`).join(', ')}}) AS VARCHAR)`
}

function isQueryFailure(cause: unknown): cause is SluiceError {
  return cause instanceof SluiceError && cause.code === 'LAKE_QUERY_FAILED'
}
