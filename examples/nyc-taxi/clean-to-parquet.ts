import { mkdir, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { type DuckDb, literal, openDuckDb, quoted } from './duckdb.ts'
import { inspectCsv } from './read-trips.ts'
import { placesOf, type TripColumn, tripColumns } from './trip-columns.ts'

export interface CleanedFile {
  readonly path: string
  readonly rows: number
  /** The first two trips, to look at. */
  readonly head: readonly Readonly<Record<string, unknown>>[]
}

/**
 * Writes a month's CSV as Parquet with the same columns and types for every month and colour. A value that does not fit
 * its type is an error that names it, never a null.
 *
 * @param part where it is written first: the file is there whole or not at all
 */
export async function cleanToParquet(
  csv: string,
  parquet: string,
  signal: AbortSignal,
  part = `${parquet}.part`,
): Promise<CleanedFile> {
  await using db = await openDuckDb(':memory:', signal)
  const { header, records } = await inspectCsv(csv, signal)
  const select = `select ${cleanColumns(header).join(', ')} from ${csvTable(csv, header)}`
  await mkdir(path.dirname(parquet), { recursive: true })
  try {
    await db.run(`copy (${select}) to ${literal(part)} (format parquet, compression zstd)`)
    const rows = await countRows(db, part)
    if (rows !== records) throw new Error(`${csv} has ${records} records, but ${rows} of them were read`)
    await rename(part, parquet)
  } finally {
    await rm(part, { force: true })
  }
  return { path: parquet, rows: records, head: await firstTrips(db, parquet) }
}

async function countRows(db: DuckDb, parquet: string): Promise<number> {
  const [counted] = await db.rows<{ n: bigint }>(`select count(*) as n from read_parquet(${literal(parquet)})`)
  return Number(counted?.n ?? 0)
}

function firstTrips(db: DuckDb, parquet: string): Promise<Record<string, unknown>[]> {
  const columns = 'pickup_datetime, passenger_count, trip_distance, total_amount'
  return db.rows(`select ${columns} from read_parquet(${literal(parquet)}) limit 2`)
}

/**
 * Everything is told, nothing detected: the detection fails on some months, and could take another dialect on others.
 * Not strict, because months mix line ends; what that lets through, `inspectCsv` and the count of rows do not.
 */
function csvTable(csv: string, header: readonly string[]): string {
  const columns = header.map((name) => `${literal(name)}: 'varchar'`).join(', ')
  const dialect = `auto_detect = false, strict_mode = false, header = true, delim = ',', quote = '"', escape = '"'`
  return `read_csv(${literal(csv)}, ${dialect}, columns = {${columns}})`
}

function cleanColumns(header: readonly string[]): string[] {
  const places = placesOf(header)
  return tripColumns.map((column, index) => {
    const name = header[places[index] ?? -1]
    return `${name === undefined ? `null::${duckType(column)}` : cleanValue(quoted(name), column)} as ${column.name}`
  })
}

function cleanValue(source: string, column: TripColumn): string {
  if (column.type !== 'integer') return `${source}::${duckType(column)}`
  // A month with gaps was exported as floating point: 1.0 is 1, and 1.5 is a mistake that rounding would hide.
  const wrong = `error(${literal(`${column.name} is no whole number: `)} || ${source})`
  return `case when ${source}::double % 1 = 0 then ${source}::double::integer when ${source} is not null then ${wrong} end`
}

function duckType({ type }: TripColumn): string {
  return type === 'text' ? 'varchar' : type
}
