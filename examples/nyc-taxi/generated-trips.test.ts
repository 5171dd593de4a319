import { expect, test } from 'vitest'
import { type Color, generateMonth } from './generated-trips.ts'

const month = (color: Color, year: number, number: number, rows = 1_000): string[] =>
  [...generateMonth({ color, year, month: number, rows })].join('').trimEnd().split('\n')

test('the same month is the same text every time, and another month another', () => {
  expect(month('yellow', 2021, 1)).toEqual(month('yellow', 2021, 1))
  expect(month('yellow', 2021, 1)).not.toEqual(month('yellow', 2021, 2))
})

test('a month has the rows that were asked for, each as wide as its header', () => {
  for (const color of ['yellow', 'green'] as const) {
    const lines = month(color, 2021, 3)
    expect(lines).toHaveLength(1_001)
    const width = lines[0]?.split(',').length
    expect(new Set(lines.map((line) => line.split(',').length))).toEqual(new Set([width]))
  }
})

test('months drift as the real ones do', () => {
  const before = month('yellow', 2018, 12)
  expect(before[0]).toMatch(/^VendorID,tpep_pickup_datetime,.*,total_amount$/)
  expect(before[1]).toMatch(/^[12],2018-12-01 00:/)
  const after = month('green', 2019, 8)
  expect(after[0]).toMatch(/^VendorID,lpep_pickup_datetime,.*,congestion_surcharge$/)
  expect(after[1]).toMatch(/^[12]\.0,2019-08-01 00:/)
  expect(after.filter((line) => line.startsWith(',')).length).toBe(260)
  expect(after.at(-1)).toMatch(/^,2019-08-31 23:/)
})

test('about two in a hundred trips have no passenger counted', () => {
  const none = month('yellow', 2018, 1, 20_000).filter((line) => line.split(',')[3] === '0')
  expect(none.length).toBeGreaterThan(300)
  expect(none.length).toBeLessThan(500)
})

test('a month is made piece by piece, not as a whole', () => {
  const pieces = generateMonth({ color: 'yellow', year: 2021, month: 1, rows: 1_000_000_000 })
  for (let index = 0; index < 10; index++) expect(pieces.next().value?.length).toBeLessThan(66_000)
})
