import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { literal, openDuckDb } from './duckdb.ts'

/** Rows of a Parquet file, from its footer. */
export async function parquetRows(file: string, signal: AbortSignal): Promise<number> {
  await using db = await openDuckDb(':memory:', signal)
  const [counted] = await db.rows<{ n: bigint }>(
    `select sum(num_rows) as n from parquet_file_metadata(${literal(file)})`,
  )
  return Number(counted?.n ?? 0)
}

/** SHA-256 of a file: two files with one are the same file. */
export async function contentOf(file: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash, { signal })
  return hash.digest('hex')
}
