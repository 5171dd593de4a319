import { mkdir, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { run, task } from 'sluice'
import { type AvroField, type AvroRecord, writeAvro } from './avro-file.ts'
import { csvRecords } from './csv.ts'
import { literal, openDuckDb, quoted } from './duckdb.ts'
import { openCsv } from './open-location.ts'
import { partOf } from './part-of.ts'

export type MonthFormat = 'csv' | 'avro' | 'parquet'

/** A publisher that cannot decide: CSV, then Avro, then Parquet, and again. */
export function formatOf(month: number): MonthFormat {
  return (['csv', 'avro', 'parquet'] as const)[(month - 1) % 3] ?? 'csv'
}

/**
 * A generated month as its publisher writes it. A month of Avro has a new column, `airport_fee`, of 32 bits; a month of Parquet has it with 64,
 * calls `PULocationID` another name, and leaves `store_and_fwd_flag` out.
 */
export const asPublished = task(
  { name: 'as-published', runName: (csv, format) => `${path.basename(csv).replace(/\..*$/, '')}.${format}` },
  async (csv: string, format: MonthFormat) => {
    if (format === 'csv') return csv
    const file = csv.replace(/\.csv\.gz$/, `.${format}`)
    const part = partOf(file)
    await mkdir(path.dirname(file), { recursive: true })
    try {
      await (format === 'avro' ? toAvro(csv, part, run.signal) : toParquet(csv, part, run.signal))
      await rename(part, file)
    } finally {
      await rm(part, { force: true })
    }
    return file
  },
)

const ids = /^(?:VendorID|RatecodeID|passenger_count|payment_type|trip_type|PULocationID|DOLocationID)$/

function typeOf(name: string): AvroField['type'] {
  if (name.endsWith('_datetime')) return 'timestamp'
  if (name === 'store_and_fwd_flag') return 'string'
  return ids.test(name) ? 'long' : 'double'
}

async function toAvro(csv: string, file: string, signal: AbortSignal): Promise<void> {
  const groups = csvRecords(await openCsv(csv, signal))[Symbol.asyncIterator]()
  const first = await groups.next()
  const [header = [], ...rest] = first.done === true ? [] : first.value
  const rate = header.indexOf('RatecodeID')
  const withFee = (records: readonly AvroRecord[]): readonly AvroRecord[] =>
    records.map((record) => [...record, Number(record[rate]) === 2 ? '1.25' : '0'])
  const all = async function* (): AsyncGenerator<readonly AvroRecord[]> {
    yield withFee(rest)
    for (let next = await groups.next(); next.done !== true; next = await groups.next()) yield withFee(next.value)
  }
  const fields = header.map((name): AvroField => ({ name, type: typeOf(name) }))
  await writeAvro(file, [...fields, { name: 'airport_fee', type: 'float' }], all())
}

const duckTypes = { long: 'BIGINT', float: 'FLOAT', double: 'DOUBLE', string: 'VARCHAR', timestamp: 'TIMESTAMP' }

async function toParquet(csv: string, file: string, signal: AbortSignal): Promise<void> {
  await using db = await openDuckDb(':memory:', signal)
  const from = `read_csv(${literal(csv)}, all_varchar = true, header = true)`
  const header = (await db.rows<{ column_name: string }>(`describe select * from ${from}`)).map(
    (row) => row.column_name,
  )
  const columns = header
    .filter((name) => name !== 'store_and_fwd_flag')
    .map((name) => {
      const type = typeOf(name)
      const value = type === 'long' ? `CAST(${quoted(name)} AS DOUBLE)` : quoted(name)
      return `CAST(${value} AS ${duckTypes[type]}) AS ${quoted(name === 'PULocationID' ? 'pickup_location_id' : name)}`
    })
  const fee = `CASE WHEN CAST("RatecodeID" AS DOUBLE) = 2 THEN 1.25 ELSE 0 END::DOUBLE AS airport_fee`
  await db.run(
    `copy (select ${[...columns, fee].join(', ')} from ${from}) to ${literal(file)} (format parquet, compression zstd)`,
  )
}
