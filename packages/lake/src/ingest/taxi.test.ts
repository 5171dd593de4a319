import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { gzipSync } from 'node:zlib'
import { type Ingestion, openIngestion } from './ingest.testsupport.ts'

const sample = process.env['TAXI_SAMPLE']
if (sample === undefined) console.warn('TAXI_SAMPLE is not set: the files of the taxi sample are not loaded')

let lake: Ingestion
beforeAll(async () => {
  lake = await openIngestion()
})
afterAll(() => lake[Symbol.asyncDispose]())

const types = {
  vendor_id: 'long',
  pickup_datetime: 'timestamp',
  dropoff_datetime: 'timestamp',
  passenger_count: 'long',
  trip_distance: 'double',
  rate_code_id: 'long',
  store_and_fwd_flag: 'string',
  pickup_location_id: 'long',
  dropoff_location_id: 'long',
  payment_type: 'long',
  fare_amount: 'double',
  extra: 'double',
  mta_tax: 'double',
  tip_amount: 'double',
  tolls_amount: 'double',
  improvement_surcharge: 'double',
  total_amount: 'double',
}

/** Like the sample's months of 2019: every line ends with both, but the last one. */
function month(rows: number, end: string): string {
  const header = [...Object.keys(types), 'congestion_surcharge'].join(',')
  const line = (i: number): string =>
    `${1 + (i % 2)},2019-01-15 03:36:12,2019-01-15 03:42:19,1,${i / 10}.5,1,N,230,48,1,6.5,0.5,0.5,1.95,0.0,0.3,9.75,${i > rows / 2 ? '2.5' : ''}`
  const lines = [header, ...Array.from({ length: rows }, (_, i) => line(i * 10))]
  return `${lines.join(end)}\n`
}

test.each([
  ['as is', '\n'],
  ['with mixed line ends', '\r\n'],
])('a month of taxi trips loads %s, with no options', async (name, end) => {
  const { counts, types: found } = await lake.load(await lake.file(`${name}.csv.gz`, gzipSync(month(2000, end))))
  expect(counts).toEqual({ records: 2000, loaded: 2000, quarantined: 0, discarded: 0, filtered: 0 })
  expect(found).toEqual({ ...types, congestion_surcharge: 'double' })
})

describe.skipIf(sample === undefined)('the taxi sample', () => {
  test('all its months load with no options, each and all together', { timeout: 300_000 }, async () => {
    const names = (await readdir(sample ?? '')).filter((name) => name.endsWith('.csv.gz'))
    expect(names).toHaveLength(24)
    for (const name of names) {
      const loaded = await lake.load(path.join(sample ?? '', name))
      expect({ name, rows: loaded.counts.loaded, rejected: loaded.rejected }).toEqual({
        name,
        rows: 10_000,
        rejected: [],
      })
      expect(loaded.types).toMatchObject(types)
    }
    const all = await lake.load(path.join(sample ?? '', '*.csv.gz'))
    expect(all.counts).toMatchObject({ records: 240_000, loaded: 240_000 })
    expect(all.types).toEqual({ ...types, congestion_surcharge: 'double' })
  })

  test('the zones load with no options', async () => {
    const { rows, types: found } = await lake.load(path.join(sample ?? '', 'taxi_zone_lookup.csv'))
    expect(found).toEqual({ location_id: 'long', borough: 'string', zone: 'string', service_zone: 'string' })
    expect(rows).toHaveLength(265)
  })
})
