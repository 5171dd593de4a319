import { expect, test } from 'vitest'
import { openWorkshop } from './open-workshop.testsupport.ts'
import { parquetToWarehouse } from './parquet-to-warehouse.ts'
import { openWarehouse } from './warehouse.ts'
import type { WarehouseKind } from './warehouse-kind.ts'
import { webToParquet } from './web-to-parquet.ts'

/**
 * What both warehouses promise.
 *
 * @param read reads a table of the warehouse in `directory`
 */
export function warehouseSuite(
  warehouse: WarehouseKind,
  read: (table: string, directory: string) => Promise<readonly object[]>,
): void {
  const { signal } = new AbortController()
  const wanted = { color: 'green', year: 2020, month: 4, source: 'generated', rows: 1_200 }
  const file = 'green/green_tripdata_2020-04'

  test('a Parquet file goes in by batches, and a second run does not double it', async () => {
    await using shop = await openWorkshop()
    const { directory } = shop
    const table = 'rides_once'
    const cleaned = await shop.run(webToParquet, { ...wanted, directory })
    const { path } = (cleaned.outcome as PromiseFulfilledResult<{ path: string }>).value
    const load = { path, file, table, batchRows: 500, warehouse, directory }
    const first = await shop.run(parquetToWarehouse, load)
    expect(first.outcome).toMatchObject({ value: { rows: 1_200, appended: 1_200 } })
    expect(first.tasks).toEqual([
      'inspect: Completed',
      'prepare: Completed',
      'append: Completed',
      'append: Completed',
      'append: Completed',
    ])
    const second = await shop.run(parquetToWarehouse, load)
    expect(second.outcome).toMatchObject({ value: { rows: 1_200, appended: 0 } })
    await using target = await openWarehouse(warehouse, directory, signal)
    expect(await target.count(table)).toBe(1_200)
  })

  test('a file that was made anew replaces its rows', async () => {
    await using shop = await openWorkshop()
    const { directory } = shop
    const table = 'rides_anew'
    for (const rows of [900, 1_000]) {
      const cleaned = await shop.run(webToParquet, { ...wanted, rows, directory })
      const { path } = (cleaned.outcome as PromiseFulfilledResult<{ path: string }>).value
      await shop.run(parquetToWarehouse, { path, file, table, warehouse, directory })
    }
    await using target = await openWarehouse(warehouse, directory, signal)
    expect(await target.count(table)).toBe(1_000)
  })

  test('plain append adds the rows every time', async () => {
    await using shop = await openWorkshop()
    const { directory } = shop
    const table = 'rides_append'
    const cleaned = await shop.run(webToParquet, { ...wanted, directory })
    const { path } = (cleaned.outcome as PromiseFulfilledResult<{ path: string }>).value
    for (const _ of [1, 2])
      await shop.run(parquetToWarehouse, { path, file, table, mode: 'append', warehouse, directory })
    await using target = await openWarehouse(warehouse, directory, signal)
    expect(await target.count(table)).toBe(2_400)
  })

  test('every value arrives in the warehouse as the file had it', async () => {
    await using shop = await openWorkshop()
    const stored = {
      vendor_id: 2,
      pickup_datetime: new Date('2020-04-01T00:00:05Z'),
      dropoff_datetime: new Date('2020-04-01T00:10:05Z'),
      passenger_count: null,
      trip_distance: 1.5,
      rate_code_id: 1,
      store_and_fwd_flag: 'N, "so"',
      pickup_location_id: 3,
      dropoff_location_id: 4,
      payment_type: 1,
      fare_amount: 8.5,
      extra: 0,
      mta_tax: 0.5,
      tip_amount: 2,
      tolls_amount: 0,
      improvement_surcharge: 0.3,
      total_amount: -11.3,
      congestion_surcharge: null,
      ehail_fee: null,
      trip_type: 1,
    }
    const trip = Object.values(stored).map((value) =>
      value instanceof Date ? value.toISOString().slice(0, 19) : value === null ? null : String(value),
    )
    {
      await using target = await openWarehouse(warehouse, shop.directory, signal)
      await target.replaceTable('one_trip')
      await target.appendTrips('one_trip', [trip])
      await target.replaceTable('one_trip')
      expect(await target.appendTrips('one_trip', [trip])).toBe(1)
    }
    expect(await read('one_trip', shop.directory)).toEqual([{ ...stored, source_file: null }])
  })
}
