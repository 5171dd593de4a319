import { table } from '@sluice/lake'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { temporaryDirectory, withHome } from './bench-home.ts'
import { type BenchRow, grouped, rowOf } from './bench-row.ts'
import { forkChild } from './fork-child.ts'
import { lakeRun } from './lake.ts'
import { peakResidentBytes, startStopwatch } from './platform.ts'

/** Bytes, so that what is kept of every row would show. */
const csvSize = Number(process.env['BENCH_CSV_BYTES'] ?? 2_000_000_000)
/** What DuckDB may hold. */
const memory = '300MB'
const most = 600

export const ways = ['file', 'stream', 'rows'] as const
export type Way = (typeof ways)[number]

export interface LargeLoad {
  readonly rows: number
  readonly peak: number
  readonly seconds: number
}

/** One large CSV file into one table: by its path, as a stream, and as objects that code makes of its lines. Each in a process of its own. */
export async function benchLakeMemory(): Promise<readonly BenchRow[]> {
  await using directory = await temporaryDirectory()
  const csv = path.join(directory.path, 'large.csv')
  // DuckDB's memory of writing it is none of the loads'.
  await forkChild({ script: 'scripts/large-csv.ts', args: [csv, String(csvSize)], timeoutMs: 1_800_000 })
  const { size } = await stat(csv)
  const rows: BenchRow[] = []
  for (const way of ways) {
    const load = await forkChild<LargeLoad>({
      script: 'scripts/load-large.ts',
      args: [csv, way],
      env: { SLUICE_LAKE_MEMORY: memory },
      timeoutMs: 1_800_000,
    })
    if (!load) throw new Error('no load')
    const note = `${grouped(load.rows)} rows in ${grouped(load.seconds)} s, SLUICE_LAKE_MEMORY=${memory}`
    const name = `${grouped(size / 1e6)} MB of CSV by ${way}: most memory of the process`
    rows.push(rowOf({ name, value: load.peak / 1e6, unit: 'MB', atMost: most, note }))
  }
  return rows
}

/** In this process. */
export async function loadLarge(csv: string, way: Way): Promise<LargeLoad> {
  return await withHome({}, async (home) => {
    const watch = startStopwatch()
    let rows = 0
    await lakeRun(home, async () => {
      ;({ rows } = await table('bench.large').append(sourceOf(csv, way)))
    })
    return { rows, peak: peakResidentBytes(), seconds: watch.wall() / 1_000 }
  })
}

function sourceOf(csv: string, way: Way): string | ReadableStream<Uint8Array> | AsyncIterable<object> {
  if (way === 'file') return csv
  return way === 'stream' ? (Readable.toWeb(createReadStream(csv)) as ReadableStream<Uint8Array>) : objectsOf(csv)
}

/** A tenth of them: making objects takes longer than loading them. */
async function* objectsOf(csv: string): AsyncGenerator<object> {
  let line = 0
  for await (const text of createInterface({ input: createReadStream(csv) })) {
    if (line++ % 10 !== 1) continue
    const [id, at, fare, zone, name] = text.split(',')
    yield { id: Number(id), at, fare: Number(fare), zone: Number(zone), name }
  }
}
