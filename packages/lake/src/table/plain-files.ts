import { duckdbType } from '../duckdb/duckdb-types.ts'
import type { DuckSession } from '../duckdb/duck-session.ts'
import { literal } from '../duckdb/quote.ts'
import { type Scan, type ScanSource, scanSql } from '../duckdb/scan.ts'
import type { OpenLake } from './lake.ts'

/** Of one scan. With more files every thread has some of its own. */
const mostFiles = 8
/** With fewer rows one thread is as quick. */
const fewestRows = 500_000
const mostKnown = 10_000

const known = new WeakMap<OpenLake, Map<string, boolean>>()

/**
 * Whether files, in the order of their entries, have just the columns of the schema: under these names, with these ids and types. Then they may be read by name,
 * which DuckDB does with all threads; by field ids it reads one file with one thread. False also where it does not matter.
 */
export async function arePlain(
  lake: OpenLake,
  paths: readonly string[],
  { entries, schema }: Pick<ScanSource, 'entries' | 'schema'>,
): Promise<boolean> {
  if (paths.length === 0 || paths.length > mostFiles || entries.some(({ file }) => file.content !== 0)) return false
  if (entries.reduce((sum, { file }) => sum + file.records, 0) < fewestRows) return false
  // What is inside of columns is not compared.
  if (!schema.fields.every(({ type }) => typeof type === 'string')) return false
  const wanted = JSON.stringify(
    schema.fields.map(({ id, name, type }) => columnText(id, name, duckdbType(type))).toSorted(),
  )
  const results = known.get(lake) ?? new Map<string, boolean>()
  known.set(lake, results)
  if (results.size > mostKnown) results.clear()
  const open = paths.filter((path) => !results.has(path + wanted))
  if (open.length > 0) {
    await using session = await (await lake.duck()).session()
    for (const path of open) results.set(path + wanted, (await columnsIn(session, path)) === wanted)
  }
  return paths.every((path) => results.get(path + wanted) === true)
}

/** Scans files that are lent, by name where that gives the same. They are given back with the scan. */
export async function scanLent(lake: OpenLake, source: Omit<ScanSource, 'plain'>): Promise<Scan> {
  try {
    return await scanSql({ ...source, plain: await arePlain(lake, source.lent.paths, source) })
  } catch (error) {
    await source.lent[Symbol.asyncDispose]()
    throw error
  }
}

async function columnsIn(session: DuckSession, path: string): Promise<string> {
  const columns = await session.columns(`FROM read_parquet(${literal(path)}, hive_partitioning = false)`)
  const types = new Map(columns.map(({ name, type }) => [name, type]))
  const leaves = await session.all<{ name: string; field_id: number | null }>(
    `SELECT name, field_id FROM parquet_schema(${literal(path)}) WHERE num_children IS NULL OR num_children = 0`,
  )
  return JSON.stringify(leaves.map(({ name, field_id: id }) => columnText(id, name, types.get(name))).toSorted())
}

function columnText(id: number | null, name: string, type: string | undefined): string {
  return JSON.stringify([id, name, type])
}
