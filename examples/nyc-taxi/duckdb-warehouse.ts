import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type DuckDb, literal, openDuckDb, quoted } from './duckdb.ts'
import { csvLines } from './csv-lines.ts'
import type { Trip } from './trip.ts'
import { tripColumns } from './trip-columns.ts'
import type { ParquetBatch, Warehouse } from './warehouse.ts'

const tableColumns = [
  ...tripColumns.map(({ name, type }) => `${name} ${type === 'text' ? 'varchar' : type}`),
  'source_file varchar',
].join(', ')
const names = tripColumns.map(({ name }) => name).join(', ')

/** The embedded warehouse: one DuckDB file. */
export async function duckDbWarehouse(file: string, signal: AbortSignal): Promise<Warehouse> {
  const db = await openDuckDb(file, signal)
  return {
    location: file,
    replaceTable: (table) => db.run(`create or replace table ${quoted(table)} (${tableColumns})`),
    appendTrips: (table, trips) => appendTrips(db, table, trips, `${file}.${crypto.randomUUID()}.csv`, signal),
    openTable: (table) => openTable(db, table),
    forgetOther: (table, name, content) => db.transaction(() => forgetOther(db, table, name, content)),
    appendParquet: (table, batch, once) => db.transaction(() => appendBatch(db, table, batch, once)),
    count: (table) => countWhere(db, table, 'true'),
    [Symbol.asyncDispose]: () => db[Symbol.asyncDispose](),
  }
}

async function countWhere(db: DuckDb, table: string, condition: string): Promise<number> {
  const [row] = await db.rows<{ n: bigint }>(`select count(*) as n from ${quoted(table)} where ${condition}`)
  return Number(row?.n ?? 0)
}

/** By way of a file: DuckDB reads CSV faster than values can be handed over one by one. */
async function appendTrips(
  db: DuckDb,
  table: string,
  trips: Iterable<Trip> | AsyncIterable<Trip>,
  file: string,
  signal: AbortSignal,
): Promise<number> {
  try {
    await pipeline(Readable.from(csvLines(trips)), createWriteStream(file), { signal })
    const before = await countWhere(db, table, 'true')
    await db.run(`copy ${quoted(table)} (${names}) from ${literal(file)} (format csv, header false)`)
    return (await countWhere(db, table, 'true')) - before
  } finally {
    await rm(file, { force: true })
  }
}

async function openTable(db: DuckDb, table: string): Promise<void> {
  await db.run(`create table if not exists ${quoted(table)} (${tableColumns})`)
  await db.run(
    'create table if not exists loaded_batch (table_name varchar, file varchar, first_row bigint, content varchar)',
  )
}

async function forgetOther(db: DuckDb, table: string, file: string, content: string): Promise<void> {
  const isOfFile = `table_name = ${literal(table)} and file = ${literal(file)}`
  if ((await countWhere(db, 'loaded_batch', `${isOfFile} and content <> ${literal(content)}`)) === 0) return
  await db.run(`delete from ${quoted(table)} where source_file = ${literal(file)}`)
  await db.run(`delete from loaded_batch where ${isOfFile}`)
}

async function appendBatch(
  db: DuckDb,
  table: string,
  batch: ParquetBatch,
  once: boolean,
): Promise<{ rows: number; skipped: boolean }> {
  const { path, file, content, from, to } = batch
  const rows = to - from
  const isThis = `table_name = ${literal(table)} and file = ${literal(file)} and first_row = ${from}`
  if (once && (await countWhere(db, 'loaded_batch', isThis)) > 0) return { rows, skipped: true }
  await db.run(`insert into ${quoted(table)} select ${names}, ${literal(file)}
    from read_parquet(${literal(path)}, file_row_number = true) where file_row_number >= ${from} and file_row_number < ${to}`)
  await db.run(`insert into loaded_batch values (${literal(table)}, ${literal(file)}, ${from}, ${literal(content)})`)
  return { rows, skipped: false }
}
