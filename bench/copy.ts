import { PostgresDatabase } from '@sluice/postgres'
import { startPostgres } from '@sluice/testing'
import { rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { Client } from 'pg'
import { readTrips } from '../examples/nyc-taxi/read-trips.ts'
import { saveCsv } from '../examples/nyc-taxi/save-csv.ts'
import { tripColumnNames, tripColumns } from '../examples/nyc-taxi/trip-columns.ts'
import { temporaryDirectory } from './bench-home.ts'
import { type BenchRow, rowOf } from './bench-row.ts'
import { startStopwatch } from './platform.ts'

const rows = 50_000
const { signal } = new AbortController()
const types = { integer: 'integer', double: 'double precision', timestamp: 'timestamp', text: 'text' } as const

/**
 * The same CSV.gz file of 50 000 generated taxi trips (20 columns) into PostgreSQL: by `copyFrom`; by the script people
 * write first, an INSERT per row; and by its best form, one prepared INSERT in one transaction. All three read and parse
 * the file with the same code. In `BENCH_DATABASE_URL` where that is set, else in a server of its own.
 */
export async function benchCopy(): Promise<BenchRow[]> {
  await using directory = await temporaryDirectory()
  const file = path.join(directory.path, 'trips.csv.gz')
  await saveCsv(`generated:yellow/2021-01?rows=${rows}`, file, signal)
  const { size } = await stat(file)
  const given = process.env['BENCH_DATABASE_URL']
  if (given !== undefined) return await measureCopy(file, given, size)
  const postgres = await startPostgres()
  const database = await postgres.createDatabase()
  try {
    return await measureCopy(file, database.url, size)
  } finally {
    await database.drop()
    await postgres.stop()
    await rm(file)
  }
}

async function measureCopy(file: string, url: string, size: number): Promise<BenchRow[]> {
  await byCopy(file, url)
  const copy = await byCopy(file, url)
  const plain = await byInsert(file, url, false)
  const tuned = await byInsert(file, url, true)
  const note = `${rows} rows of 20 columns, ${Math.round(size / 1024)} KiB gzip, read and parsed each time`
  return [
    rowOf({ name: 'COPY of a CSV.gz file', value: rows / copy, unit: 'rows/s', note }),
    rowOf({
      name: 'the same by INSERT row by row',
      value: rows / plain,
      unit: 'rows/s',
      note: 'a commit per row, as scripts do',
    }),
    rowOf({
      name: 'the same by INSERT row by row, tuned',
      value: rows / tuned,
      unit: 'rows/s',
      note: 'one prepared statement, one transaction',
    }),
    rowOf({ name: 'COPY against INSERT row by row', value: plain / copy, unit: '×', atLeast: 10 }),
    rowOf({ name: 'COPY against INSERT row by row, tuned', value: tuned / copy, unit: '×' }),
  ]
}

/** Seconds. */
async function byCopy(file: string, url: string): Promise<number> {
  await using db = PostgresDatabase.fromUrl(url)
  await createTable((text) => db.execute(text))
  const watch = startStopwatch()
  const copied = await db.copyFrom({ table: 'bench_trips', columns: tripColumnNames, source: readTrips(file, signal) })
  if (copied.rows !== rows) throw new Error(`COPY stored ${copied.rows} rows`)
  return watch.wall() / 1_000
}

/** Seconds. */
async function byInsert(file: string, url: string, tuned: boolean): Promise<number> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await createTable((text) => client.query(text))
    const text = `insert into bench_trips values (${tripColumnNames.map((_, index) => `$${index + 1}`).join(', ')})`
    const watch = startStopwatch()
    const prepared = tuned ? { name: 'insert' } : {}
    if (tuned) await client.query('begin')
    for await (const trip of readTrips(file, signal)) await client.query({ ...prepared, text, values: [...trip] })
    if (tuned) await client.query('commit')
    return watch.wall() / 1_000
  } finally {
    await client.end()
  }
}

async function createTable(run: (text: string) => Promise<unknown>): Promise<void> {
  await run('drop table if exists bench_trips')
  await run(`create table bench_trips (${tripColumns.map(({ name, type }) => `${name} ${types[type]}`).join(', ')})`)
}
