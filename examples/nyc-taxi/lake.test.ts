import { flow, lake, table } from 'sluice'
import { expect, test } from 'vitest'
import { taxiLake } from './lake.ts'
import { openWorkshop, type Workshop } from './open-workshop.testsupport.ts'

/** What the lake of a workshop answers. */
async function ask(shop: Workshop, text: string): Promise<unknown> {
  const asking = flow({ name: 'ask' }, async () => lake.sql(Object.assign([text], { raw: [text] })).all())
  const { outcome } = await shop.run(asking, {})
  return outcome.status === 'fulfilled' ? outcome.value : outcome.reason
}

test('months come as CSV, as Avro and as Parquet with a column renamed, one widened and one missing, and are one table', async () => {
  await using shop = await openWorkshop()
  const parameters = {
    months: [1, 2, 3],
    year: 2021,
    source: 'generated',
    rows: 200,
    warehouse: 'duckdb',
    directory: shop.directory,
  }
  const { outcome } = await shop.run(taxiLake, parameters)
  const landed =
    outcome.status === 'fulfilled' ? (outcome.value as { landed: readonly object[] }).landed : outcome.reason
  expect(landed).toMatchObject([
    { file: 'yellow_tripdata_2021-01.csv.gz', rows: 200 },
    { file: 'green_tripdata_2021-01.csv.gz', newColumns: ['trip_type'], missing: [] },
    { file: 'yellow_tripdata_2021-02.avro', newColumns: ['airport_fee'], widened: [], missing: ['trip_type'] },
    { file: 'green_tripdata_2021-02.avro', newColumns: ['ehail_fee'], missing: [] },
    { file: 'yellow_tripdata_2021-03.parquet', newColumns: [], widened: ['airport_fee float → double'] },
    { file: 'green_tripdata_2021-03.parquet', newColumns: [], widened: [], missing: ['store_and_fwd_flag'] },
  ])
  expect(
    await ask(
      shop,
      `select count(*) as trips, count(pu_location_id) as places, count(distinct month(pickup_datetime)) as months,
      count(vendor_id) < count(*) as gaps, max(airport_fee) as fee, typeof(max(passenger_count)) as passengers from bronze.trips`,
    ),
  ).toEqual([{ trips: 1_200, places: 1_200, months: 3, gaps: true, fee: 1.25, passengers: 'BIGINT' }])
  const byMonth = `select month(pickup_datetime) as month, round(sum(total_amount), 2) as total, count(store_and_fwd_flag) > 0 as flag,
    count(airport_fee) as fees from bronze.trips group by all order by month`
  expect(await ask(shop, byMonth)).toMatchObject([
    { month: 1, flag: true, fees: 0 },
    { month: 2, flag: true, fees: 400 },
    { month: 3, flag: false, fees: 400 },
  ])
})

test('months of both companies land in one table, once, and their revenue is that of their trips', async () => {
  await using shop = await openWorkshop()
  const parameters = { months: [4, 5], source: 'generated', rows: 300, warehouse: 'duckdb', directory: shop.directory }
  const first = await shop.run(taxiLake, parameters)
  expect(first.outcome).toMatchObject({
    status: 'fulfilled',
    value: { rows: 1_200, added: 1_200, rejected: 0, files: 4 },
  })
  const again = await shop.run(taxiLake, parameters)
  expect(again.outcome).toMatchObject({ status: 'fulfilled', value: { rows: 1_200, added: 0 } })
  expect(again.tasks.filter((task) => task === 'fetch: Cached')).toHaveLength(4)

  // Two green months and two yellow ones: the column that only green has is there, and null for yellow.
  expect(
    await ask(
      shop,
      `select _source_file like '%green%' as green, count(*) as trips, count(trip_type) > 0 as typed, typeof(any_value(vendor_id)) as id
      from bronze.trips group by all order by green`,
    ),
  ).toEqual([
    { green: false, trips: 600, typed: false, id: 'BIGINT' },
    { green: true, trips: 600, typed: true, id: 'BIGINT' },
  ])
  // Zones 264 and 265 are no place, and have a line of their own in the table of zones.
  expect(
    await ask(
      shop,
      `select (select sum(trips) from gold.revenue) as summed, (select count(*) from bronze.trips) as trips,
      (select round(sum(revenue)) from gold.revenue) = (select round(sum(total_amount)) from bronze.trips) as same`,
    ),
  ).toEqual([{ summed: 1_200, trips: 1_200, same: true }])

  // What was released stays one thing when a table of it goes on.
  const more = flow({ name: 'more' }, async () => (await table('bronze.zones').replace([{ location_id: 1 }])).rows)
  await shop.run(more, {})
  const joined = (version: string): string =>
    `select count(*) as n from bronze.trips ${version} join bronze.zones ${version} on location_id = pu_location_id`
  const released = "at (version => 'release/revenue-2020')"
  expect(await ask(shop, joined(released))).toEqual([{ n: 1_200 }])
  expect(await ask(shop, joined(''))).not.toEqual([{ n: 1_200 }])
})
