import { expect, test } from 'vitest'
import { tripReader } from './trip.ts'
import { tripColumnNames } from './trip-columns.ts'

const asObject = (trip: readonly unknown[]): Record<string, unknown> =>
  Object.fromEntries(trip.map((field, index) => [tripColumnNames[index], field]).filter(([, field]) => field !== null))

test.each([
  ['the public yellow files', 'VendorID,tpep_pickup_datetime,PULocationID,total_amount'],
  ['the public green files', 'VendorID,lpep_pickup_datetime,PULocationID,total_amount'],
  ['the cleaned sample', 'vendor_id,pickup_datetime,pickup_location_id,total_amount'],
])('the spelling of %s is understood', (_what, header) => {
  expect(asObject(tripReader(header.split(','))(['2', '2019-03-01 18:43:31', '143', '11.85']))).toEqual({
    vendor_id: '2',
    pickup_datetime: '2019-03-01 18:43:31',
    pickup_location_id: '143',
    total_amount: '11.85',
  })
})

test('whole numbers are whole, whatever the month wrote; amounts and gaps stay as they are', () => {
  const read = tripReader(['VendorID', 'tpep_pickup_datetime', 'passenger_count', 'total_amount'])
  expect(asObject(read(['1.0', 'x', '', '7.0']))).toEqual({ vendor_id: '1', pickup_datetime: 'x', total_amount: '7.0' })
})

test('a column that nobody knows, a file without pickup times and a short record are refused', () => {
  expect(() => tripReader(['VendorID', 'tpep_pickup_datetime', 'driver_mood'])).toThrow(/no trip has: driver_mood/)
  expect(() => tripReader(['VendorID'])).toThrow(/no pickup time/)
  expect(() => tripReader(['VendorID', 'pickup_datetime'])(['1'])).toThrow(/has 1 fields, its header has 2/)
})
