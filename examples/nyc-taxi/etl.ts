// Extract the first 100 000 trips of a file, drop those without passengers, load the rest.
import { flow, run, task } from 'sluice'
import * as z from 'zod'
import { readTrips } from './read-trips.ts'
import * as settings from './settings.ts'
import { passengerCount, type Trip } from './trip.ts'
import { openWarehouse } from './warehouse.ts'
import type { WarehouseKind } from './warehouse-kind.ts'

const extract = task(
  { name: 'extract', tags: ['extract'], retries: 3, retryDelay: '10s', cache: { by: ['inputs'], ttl: '1d' } },
  async (url: string, limit: number) => {
    const trips: Trip[] = []
    for await (const trip of readTrips(url, run.signal)) {
      if (trips.push(trip) === limit) break
    }
    return trips
  },
)

/** A trip whose passengers nobody counted (null) stays; one counted as 0 goes. */
const transform = task({ name: 'transform', logPrints: true }, (trips: readonly Trip[]) => {
  const kept = trips.filter((trip) => trip[passengerCount] !== '0')
  console.log(`pre: missing passenger count: ${trips.length - kept.length}`)
  console.log(`post: missing passenger count: ${kept.filter((trip) => trip[passengerCount] === '0').length}`)
  return kept
})

const load = task(
  { name: 'load', retries: 3, retryDelay: '5s' },
  async (trips: readonly Trip[], table: string, warehouse: WarehouseKind, directory: string) => {
    await using target = await openWarehouse(warehouse, directory, run.signal)
    await target.replaceTable(table)
    return await target.appendTrips(table, trips)
  },
)

const logSubflow = flow(
  { name: 'subflow', parameters: z.strictObject({ table: z.string() }), logPrints: true },
  ({ table }) => {
    console.log(`Logging Subflow for: ${table}`)
  },
)

export const etl = flow(
  {
    name: 'ingest-data',
    parameters: z.strictObject({
      url: z.string().default('generated:yellow/2021-01?rows=120000').describe('of a .csv or .csv.gz file, or a path'),
      table: z.string().default('yellow_trips'),
      limit: z.int().positive().default(100_000),
      warehouse: settings.warehouse,
      directory: settings.directory,
    }),
  },
  async ({ url, table, limit, warehouse, directory }) => {
    await logSubflow({ table })
    const trips = extract(url, limit)
    const rows = await load(transform(trips), table, warehouse, directory)
    return { rows }
  },
)

if (import.meta.main) await etl()
