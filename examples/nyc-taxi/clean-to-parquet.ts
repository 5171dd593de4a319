import { mkdir, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { type DuckDb, literal, openDuckDb, quoted } from './duckdb.ts'
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
 */
export async function cleanToParquet(csv: string, parquet: string, signal: AbortSignal): Promise<CleanedFile> {
  await using db = await openDuckDb(':memory:', signal)
  const source = `read_csv(${literal(csv)}, header = true, all_varchar = true, delim = ',', quote = '"')`
  const select = `select ${(await cleanColumns(db, source)).join(', ')} from ${source}`
  const part = `${parquet}.part`
  await mkdir(path.dirname(parquet), { recursive: true })
  try {
    await db.run(`copy (${select}) to ${literal(part)} (format parquet, compression zstd)`)
    await rename(part, parquet)
  } finally {
    await rm(part, { force: true })
  }
  const [counted] = await db.rows<{ n: bigint }>(`select count(*) as n from read_parquet(${literal(parquet)})`)
  const head = await db.rows<Record<string, unknown>>(
    `select pickup_datetime, passenger_count, trip_distance, total_amount from read_parquet(${literal(parquet)}) limit 2`,
  )
  return { path: parquet, rows: Number(counted?.n ?? 0), head }
}

async function cleanColumns(db: DuckDb, source: string): Promise<string[]> {
  const described = await db.rows<{ column_name: string }>(`describe select * from ${source}`)
  const header = described.map((row) => row.column_name)
  return placesOf(header).map((place, index) => {
    const column = tripColumns[index]
    if (column === undefined) throw new Error(`there is no trip column ${index}`)
    const name = header[place]
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
