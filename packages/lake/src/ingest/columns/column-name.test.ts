import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { columnName } from './column-name.ts'

test.each([
  ['LocationID', 'location_id'],
  ['tpep_pickup_datetime', 'tpep_pickup_datetime'],
  ['pickupAt', 'pickup_at'],
  ['HTTPServerURL', 'http_server_url'],
  ['Total Amount ($)', 'total_amount'],
  ['  Straße & Größe ', 'straße_große'],
  ['Ñandú', 'nandu'],
  ['日付', '日付'],
  ['2024', '_2024'],
  ['a.b-c', 'a_b_c'],
  ['', 'column_3'],
  ['***', 'column_3'],
  ['_id', '_id'],
  ['col1Name', 'col1_name'],
])('%s becomes %s', (source, name) => {
  expect(columnName(source, 3)).toBe(name)
})

test('a name of the table is its own', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 30 }), (source) => {
      const name = columnName(source, 1)
      expect(columnName(name, 1)).toBe(name)
    }),
  )
})
