import { type PostgresDatabase, type Session, sql } from '@sluice/postgres'
import { createReadStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { literal, openDuckDb } from './duckdb.ts'
import { type ColumnType, tripColumnNames, tripColumns } from './trip-columns.ts'
import type { ParquetBatch, Warehouse } from './warehouse.ts'

const types: Readonly<Record<ColumnType, string>> = {
  integer: 'integer',
  double: 'double precision',
  timestamp: 'timestamp',
  text: 'text',
}
const tableColumns = [...tripColumns.map(({ name, type }) => `${name} ${types[type]}`), 'source_file text'].join(', ')

/** A warehouse in PostgreSQL, filled by COPY. `directory` is for files on their way. */
export function postgresWarehouse(db: PostgresDatabase, directory: string, signal: AbortSignal): Warehouse {
  const named = (table: string) => db.identifier(...(table.split('.') as [string, ...string[]]))
  return {
    location: String(db),
    replaceTable: (table) =>
      db.transaction(async (tx) => {
        await tx.execute(`drop table if exists ${named(table).text}`)
        await tx.execute(`create table ${named(table).text} (${tableColumns})`)
      }),
    appendTrips: async (table, trips) =>
      (await db.copyFrom({ table, columns: tripColumnNames, source: trips, signal })).rows,
    openTable: (table) => openTable(db, named(table).text),
    forgetOther: (table, file, content) =>
      db.transaction(async (tx) => {
        const others = await tx.execute(
          sql`delete from loaded_batch where table_name = ${table} and file = ${file} and content <> ${content}`,
        )
        if (others.rowCount > 0) await tx.execute(sql`delete from ${named(table)} where source_file = ${file}`)
      }),
    appendParquet: (table, batch, once) => appendParquet(db, table, batch, once, directory, signal),
    count: async (table) => (await db.query<{ n: number }>(sql`select count(*) as n from ${named(table)}`))[0]?.n ?? 0,
    [Symbol.asyncDispose]: async () => {},
  }
}

async function openTable(db: PostgresDatabase, table: string): Promise<void> {
  await db.transaction(async (tx) => {
    // Two "if not exists" at the same moment can both find nothing.
    await tx.execute('select pg_advisory_xact_lock(20190101)')
    await tx.execute(`create table if not exists ${table} (${tableColumns})`)
    await tx.execute(
      'create table if not exists loaded_batch (table_name text, file text, first_row bigint, content text, primary key (table_name, file, first_row))',
    )
  })
}

async function appendParquet(
  db: PostgresDatabase,
  table: string,
  batch: ParquetBatch,
  once: boolean,
  directory: string,
  signal: AbortSignal,
): Promise<{ rows: number; skipped: boolean }> {
  const csv = await parquetToCsv(batch, directory, signal)
  try {
    return await db.transaction(
      async (tx) => {
        if (!(await enterLedger(tx, table, batch)) && once) return { rows: batch.to - batch.from, skipped: true }
        const columns = [...tripColumnNames, 'source_file']
        const { rows } = await tx.copyFrom({ table, columns, source: createReadStream(csv), format: 'csv' })
        return { rows, skipped: false }
      },
      { signal },
    )
  } finally {
    await rm(csv, { force: true })
  }
}

/** False when it is there already. */
async function enterLedger(tx: Session, table: string, { file, from, content }: ParquetBatch): Promise<boolean> {
  const { rowCount } = await tx.execute(
    sql`insert into loaded_batch values (${table}, ${file}, ${from}, ${content}) on conflict do nothing`,
  )
  return rowCount > 0
}

async function parquetToCsv(
  { path: parquet, file, from, to }: ParquetBatch,
  directory: string,
  signal: AbortSignal,
): Promise<string> {
  await mkdir(directory, { recursive: true })
  const csv = path.join(directory, `${crypto.randomUUID()}.csv`)
  await using duck = await openDuckDb(':memory:', signal)
  await duck.run(`copy (
    select ${tripColumnNames.join(', ')}, ${literal(file)} from read_parquet(${literal(parquet)}, file_row_number = true)
    where file_row_number >= ${from} and file_row_number < ${to}
  ) to ${literal(csv)} (format csv, header false)`)
  return csv
}
