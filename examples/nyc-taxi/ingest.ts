// A CSV.gz file into a table, in chunks of 100 000 rows: the table is replaced, then each chunk appended.
import { flow, run, task } from 'sluice'
import * as z from 'zod'
import { readTrips, tripChunks } from './read-trips.ts'
import * as settings from './settings.ts'
import { openWarehouse } from './warehouse.ts'
import type { WarehouseKind } from './warehouse-kind.ts'

const chunkRows = 100_000

/** Starts over when it is retried or resumed: the first thing it does is to empty the table. */
const load = task(
  { name: 'load', retries: 2, retryDelay: '5s', logPrints: true },
  async (url: string, table: string, warehouse: WarehouseKind, directory: string) => {
    await using target = await openWarehouse(warehouse, directory, run.signal)
    await target.replaceTable(table)
    let rows = 0
    let chunks = 0
    for await (const chunk of tripChunks(readTrips(url, run.signal), chunkRows)) {
      const started = performance.now()
      rows += await target.appendTrips(table, chunk)
      chunks++
      console.log(`inserted chunk ${chunks}, ${rows} rows so far, took ${Math.round(performance.now() - started)} ms`)
      run.progress({ done: rows, label: 'rows' })
    }
    return { rows, chunks }
  },
)

export const ingest = flow(
  {
    name: 'ingest',
    parameters: z.strictObject({
      url: z.string().default('generated:yellow/2021-01?rows=250000').describe('of a .csv or .csv.gz file, or a path'),
      table: z.string().default('yellow_taxi_trips'),
      warehouse: settings.warehouse,
      directory: settings.directory,
    }),
    logPrints: true,
  },
  async ({ url, table, warehouse, directory }) => {
    const loaded = await load(url, table, warehouse, directory)
    console.log(`finished ingesting ${loaded.rows} rows into ${table}`)
    return loaded
  },
)

if (import.meta.main) await ingest()
