import { flow, lake } from 'sluice'
import { expect, test } from 'vitest'
import { taxiLake } from './lake.ts'
import { openWorkshop, type Workshop } from './open-workshop.testsupport.ts'

/** What the lake of a workshop answers. */
async function ask(shop: Workshop, text: string): Promise<unknown> {
  const asking = flow({ name: 'ask' }, async () => lake.sql(Object.assign([text], { raw: [text] })).all())
  const { outcome } = await shop.run(asking, {})
  return outcome.status === 'fulfilled' ? outcome.value : outcome.reason
}

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
})
