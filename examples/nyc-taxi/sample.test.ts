import { expect, test } from 'vitest'
import { taxiLake } from './lake.ts'
import { openWorkshop } from './open-workshop.testsupport.ts'
import { parent } from './parent.ts'

/** A directory with the real sample: 10 000 yellow trips of every month of 2018 and 2019. */
const sample = process.env['TAXI_SAMPLE'] ?? ''

test.skipIf(sample === '')(
  'two years of real trips go in whole, whatever changed between the months',
  { timeout: 120_000 },
  async () => {
    await using shop = await openWorkshop()
    for (const year of [2018, 2019]) {
      const months = Array.from({ length: 12 }, (_, index) => index + 1)
      const { outcome } = await shop.run(parent, {
        months,
        year,
        source: sample,
        warehouse: 'duckdb',
        directory: shop.directory,
      })
      expect(outcome).toEqual({
        status: 'fulfilled',
        value: { rows: 120_000, appended: 120_000, files: 12, source: sample },
      })
    }
  },
)

test.skipIf(sample === '')(
  'a year of real trips goes into one table of the lake, whatever changed between the months',
  { timeout: 120_000 },
  async () => {
    await using shop = await openWorkshop()
    const months = Array.from({ length: 12 }, (_, index) => index + 1)
    const parameters = {
      months,
      year: 2019,
      colors: ['yellow'],
      source: sample,
      warehouse: 'duckdb',
      directory: shop.directory,
    }
    const { outcome } = await shop.run(taxiLake, parameters)
    expect(outcome).toMatchObject({
      status: 'fulfilled',
      value: { rows: 120_000, added: 120_000, rejected: 0, files: 12 },
    })
  },
)
