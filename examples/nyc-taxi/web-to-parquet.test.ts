import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { openDuckDb } from './duckdb.ts'
import { type Color, generateMonth } from './generated-trips.ts'
import { openSite, openWorkshop } from './open-workshop.testsupport.ts'
import { tripColumns } from './trip-columns.ts'
import { webToParquet } from './web-to-parquet.ts'

function csvFile(color: Color, year: number, month: number, rows = 500): Buffer {
  return gzipSync([...generateMonth({ color, year, month, rows })].join(''))
}

test('a fetch that fails twice and then succeeds is one completed task of three attempts', async () => {
  await using shop = await openWorkshop()
  await using site = await openSite(csvFile('green', 2020, 4), 2)
  const { id, outcome } = await shop.run(webToParquet, {
    color: 'green',
    year: 2020,
    month: 4,
    source: site.url,
    directory: shop.directory,
  })
  expect(outcome).toMatchObject({ status: 'fulfilled', value: { rows: 500, file: 'green/green_tripdata_2020-04' } })
  const { items } = await shop.home.store.listTaskRuns({ rootId: id, limit: 10 })
  const fetched = items.find(({ name }) => name === 'fetch')
  expect(fetched).toMatchObject({ attempt: 3, state: { name: 'Completed' } })
  expect(fetched?.timeline.map(([name]) => name)).toEqual([
    'Running',
    'AwaitingRetry',
    'Retrying',
    'AwaitingRetry',
    'Retrying',
    'Completed',
  ])
  expect(existsSync(path.join(shop.directory, 'green', 'green_tripdata_2020-04.parquet'))).toBe(true)
})

test('a fetch that fails four times fails the run, and nothing after it is started', async () => {
  await using shop = await openWorkshop()
  await using site = await openSite(csvFile('green', 2020, 4), 99)
  const { outcome, tasks } = await shop.run(webToParquet, {
    color: 'green',
    year: 2020,
    month: 4,
    source: site.url,
    directory: shop.directory,
  })
  expect(outcome).toMatchObject({ status: 'rejected', reason: { message: expect.stringContaining('HTTP 503') } })
  expect(tasks).toEqual(['fetch: Failed'])
  expect(site.requests()).toBe(4)
})

test('every month and colour gets the same columns and types, whatever its file was like', async () => {
  await using shop = await openWorkshop()
  const months = [
    { color: 'yellow', year: 2018, month: 12 },
    { color: 'yellow', year: 2019, month: 8 },
    { color: 'green', year: 2020, month: 4 },
  ] as const
  for (const one of months) {
    const { outcome } = await shop.run(webToParquet, {
      ...one,
      source: 'generated',
      rows: 300,
      directory: shop.directory,
    })
    expect(outcome).toMatchObject({ status: 'fulfilled' })
  }
  await using db = await openDuckDb()
  const files = `${shop.directory}/*/*.parquet`
  const schema = await db.rows<{ column_name: string; column_type: string }>(
    `describe select * from read_parquet('${files}')`,
  )
  const expected = { integer: 'INTEGER', double: 'DOUBLE', timestamp: 'TIMESTAMP', text: 'VARCHAR' }
  expect(schema.map(({ column_name, column_type }) => [column_name, column_type])).toEqual(
    tripColumns.map(({ name, type }) => [name, expected[type]]),
  )
  const [counts] = await db.rows(
    `select count(*) as n, count(vendor_id) as vendors, count(congestion_surcharge) as surcharges, count(trip_type) as types from read_parquet('${files}')`,
  )
  expect(counts).toEqual({ n: 900n, vendors: 300n + 279n + 222n, surcharges: 279n + 222n, types: 222n })
})

test('an id with a fraction is an error that names it, not a rounded number', async () => {
  await using shop = await openWorkshop()
  await using site = await openSite(
    gzipSync('VendorID,tpep_pickup_datetime\n1.0,2021-01-01 00:00:00\n1.5,2021-01-01 00:00:01\n'),
  )
  const { outcome } = await shop.run(webToParquet, { source: site.url, directory: shop.directory })
  expect(outcome).toMatchObject({
    status: 'rejected',
    reason: { message: expect.stringContaining('vendor_id is no whole number: 1.5') },
  })
  expect(existsSync(path.join(shop.directory, 'yellow', 'yellow_tripdata_2021-01.parquet'))).toBe(false)
})

test('mixed line ends, an empty line and a missing last one, as real months have them, lose no trip', async () => {
  await using shop = await openWorkshop()
  const text =
    'VendorID,tpep_pickup_datetime,store_and_fwd_flag\r\n\r\n1,2021-01-01 00:00:00,N\r\n2,2021-01-01 00:00:01,\n1,2021-01-01 00:00:02,Y'
  await using site = await openSite(gzipSync(text))
  await shop.run(webToParquet, { source: site.url, directory: shop.directory })
  await using db = await openDuckDb()
  const trips = await db.rows(`select vendor_id, store_and_fwd_flag as flag from '${shop.directory}/yellow/*.parquet'`)
  expect(trips).toEqual([
    { vendor_id: 1, flag: 'N' },
    { vendor_id: 2, flag: null },
    { vendor_id: 1, flag: 'Y' },
  ])
})

test('a record that is too short is an error that shows it, and no file is made of the rest', async () => {
  await using shop = await openWorkshop()
  await using site = await openSite(gzipSync('VendorID,tpep_pickup_datetime\n1,2021-01-01 00:00:00\n2\n'))
  const { outcome } = await shop.run(webToParquet, { source: site.url, directory: shop.directory })
  expect(outcome).toMatchObject({
    status: 'rejected',
    reason: { message: 'a record has 1 fields, its header has 2: 2' },
  })
  expect(existsSync(path.join(shop.directory, 'yellow', 'yellow_tripdata_2021-01.parquet'))).toBe(false)
})

test('a remembered file that is gone is fetched again', async () => {
  await using shop = await openWorkshop()
  await using site = await openSite(csvFile('yellow', 2021, 1))
  const parameters = { source: site.url, directory: shop.directory }
  await shop.run(webToParquet, parameters)
  expect((await shop.run(webToParquet, parameters)).tasks).toEqual(['fetch: Cached', 'clean: Completed'])
  expect(site.requests()).toBe(1)
  await rm(path.join(shop.directory, 'raw'), { recursive: true })
  const third = await shop.run(webToParquet, parameters)
  expect(third.outcome).toMatchObject({ status: 'fulfilled', value: { rows: 500 } })
  expect(third.tasks).toEqual(['fetch: Cached', 'fetch: Completed', 'clean: Completed'])
})

test('a file that is not there is asked for once', async () => {
  await using shop = await openWorkshop()
  await using site = await openSite(csvFile('yellow', 2021, 1), 1, 404)
  const { outcome, tasks } = await shop.run(webToParquet, { source: site.url, directory: shop.directory })
  expect(outcome).toMatchObject({ status: 'rejected', reason: { message: expect.stringContaining('HTTP 404') } })
  expect(tasks).toEqual(['fetch: Failed'])
  expect(site.requests()).toBe(1)
})
