// Months of both companies, as they come, into one table of the lake; their revenue per month and borough.
import path from 'node:path'
import { flow, lake, run, table, task } from 'sluice'
import * as z from 'zod'
import { asPublished, formatOf } from './as-published.ts'
import { choose } from './choose-source.ts'
import { fetchMonth } from './fetch-month.ts'
import * as settings from './settings.ts'
import { fileName, locate, monthLabel } from './source.ts'

/** What the companies call differently. Everything else is told from the files. */
const rename = {
  tpep_pickup_datetime: 'pickup_datetime',
  tpep_dropoff_datetime: 'dropoff_datetime',
  lpep_pickup_datetime: 'pickup_datetime',
  lpep_dropoff_datetime: 'dropoff_datetime',
  // What a month of Parquet calls it.
  pickup_location_id: 'pu_location_id',
}

/** Whole numbers, also in months with gaps, which have them as 1.0, 2.0. */
const ids = ['vendor_id', 'ratecode_id', 'passenger_count', 'payment_type']

const tripsOf = (name: string) =>
  table(name, {
    description: 'Taxi trips of New York, yellow and green, as they were published',
    owner: 'data@example.org',
    columns: Object.fromEntries(ids.map((id) => [id, { type: 'long' }])),
  })

const zones = table('bronze.zones', {
  description: 'Taxi zones of New York and their boroughs',
  owner: 'data@example.org',
  key: ['location_id'],
})

export interface Revenue {
  readonly month: string
  readonly borough: string
  readonly trips: number
  readonly revenue: number
}

const revenueOf = (name: string) =>
  table(name, { description: 'Trips and revenue per month and borough of the pickup', owner: 'data@example.org' })

const landZones = task({ name: 'zones' }, async () => {
  const file = path.join(import.meta.dirname, 'taxi_zone_lookup.csv')
  return (await zones.append(file, { id: 'taxi-zones' })).rows
})

/** A load has the name of its month: the same month again is the same load, and adds nothing. */
const land = task(
  { name: 'land', runName: (file) => monthLabel(file), concurrency: { limit: 'lake', size: 1 } },
  async (file: string, month: string, trips: string): Promise<LandedMonth> => {
    const { rows, rejected, repeated, schemaChange } = await tripsOf(trips).append(file, { id: month, rename })
    const { added, widened, missing } = schemaChange
    run.log.debug(`added ${rows} trips`, { rejected, added, widened, missing })
    return {
      file: path.basename(file),
      rows,
      rejected,
      added: repeated ? 0 : rows,
      newColumns: added.filter((column) => !column.startsWith('_')),
      widened: widened.map(({ column, from, to }) => `${column} ${from} → ${to}`),
      missing,
    }
  },
)

/** What became of a month's file. Of one that was there already nothing has changed. */
export interface LandedMonth {
  readonly file: string
  readonly rows: number
  readonly rejected: number
  readonly added: number
  readonly newColumns: readonly string[]
  readonly widened: readonly string[]
  /** Columns of the table that the file does not have. */
  readonly missing: readonly string[]
}

interface Wanted {
  readonly year: number
  readonly trips: string
  readonly revenue: string
}

/** Rows go from table to table without passing through this process. */
const sumUp = task({ name: 'revenue' }, async ({ year, trips, revenue }: Wanted) => {
  const perBorough = lake.sql<Revenue>`
    select strftime(pickup_datetime, '%Y-%m') as month, borough, count(*) as trips, round(sum(total_amount), 2) as revenue
    from ${tripsOf(trips)} t join ${zones} z on z.location_id = t.pu_location_id
    where year(pickup_datetime) = ${year}
    group by all
    order by month, revenue desc`
  return (await revenueOf(revenue).replace(perBorough)).rows
})

/** The trips, the zones and what was made of them, under one name: they are seen together, and gone back to at once. */
const release = task({ name: 'release' }, async ({ year, trips, revenue }: Wanted) => {
  const name = `${revenue.slice(revenue.indexOf('.') + 1)}-${year}`
  return (await lake.release(name, [trips, zones, revenue], { move: true })).release
})

/** The warehouse has what was released, whatever is loaded meanwhile. */
const publish = task({ name: 'publish', retries: 3, retryDelay: '2s' }, async (released: string, revenue: string) => {
  const { revenueToPostgres } = await import('./revenue-to-postgres.ts')
  const rows = lake.at(released).table(revenue).rows()
  return revenueToPostgres(rows as AsyncIterable<Revenue & Record<string, unknown>>, run.signal)
})

export const taxiLake = flow(
  {
    name: 'taxi-lake',
    parameters: z.strictObject({
      months: z.array(settings.month).min(1).default([4, 5, 6]),
      year: settings.year.default(2020),
      colors: z.array(settings.color).min(1).default(['yellow', 'green']),
      source: settings.source,
      rows: settings.generatedRows,
      flaky: z.boolean().default(false).describe('the first request fails, on purpose'),
      trips: z.string().default('bronze.trips').describe('the table that months are added to'),
      revenue: z.string().default('gold.revenue').describe('the table that is made of it'),
      warehouse: settings.warehouse,
      directory: settings.directory,
    }),
  },
  async ({ months, year, colors, source, rows, flaky, trips, revenue, warehouse, directory }) => {
    const wanted = months.flatMap((month) => colors.map((color) => ({ color, year, month })))
    const [first] = wanted
    if (first === undefined)
      return { rows: 0, added: 0, rejected: 0, files: 0, landed: [], source, released: undefined, published: 0 }
    const chosen = source === 'auto' ? await choose(source, first) : source
    const zonesLanded = landZones()
    const files = await Promise.all(
      wanted.map(async (month, index) => {
        const raw = path.join(directory, 'raw', month.color, `${fileName(month)}.csv.gz`)
        const file = await fetchMonth(locate(chosen, month, rows), raw, flaky && index === 0)
        return chosen === 'generated' ? asPublished(file, formatOf(month.month)) : file
      }),
    )
    // Fetched together, added one after the other: each file meets the schema that the ones before it have made.
    const landed: LandedMonth[] = []
    for (const [index, month] of wanted.entries()) landed.push(await land(files[index] ?? '', fileName(month), trips))
    await zonesLanded
    await sumUp({ year, trips, revenue })
    const released = await release({ year, trips, revenue })
    const published = warehouse === 'postgres' ? await publish(released, revenue) : 0
    const sum = (count: (month: (typeof landed)[number]) => number): number =>
      landed.reduce((total, month) => total + count(month), 0)
    return {
      rows: sum((month) => month.rows),
      added: sum((month) => month.added),
      rejected: sum((month) => month.rejected),
      files: landed.length,
      landed,
      source: chosen,
      released,
      published,
    }
  },
)

if (import.meta.main) console.log(await taxiLake())
