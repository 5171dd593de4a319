import { expect, test } from 'vitest'
import { openDuckDb } from './duckdb.ts'
import { etl } from './etl.ts'
import { openWorkshop } from './open-workshop.testsupport.ts'

const url = 'generated:yellow/2021-01?rows=5000'

test('trips without passengers are dropped, those with an unknown count stay, and the dropped are counted in the log', async () => {
  await using shop = await openWorkshop()
  const { id, outcome, tasks } = await shop.run(etl, { url, directory: shop.directory, warehouse: 'duckdb' })
  const { items: logs } = await shop.home.store.listLogs({ rootId: id, limit: 100 })
  const dropped = Number(/pre: missing passenger count: (\d+)/.exec(logs.map(({ message }) => message).join('\n'))?.[1])
  expect(dropped).toBeGreaterThan(0)
  expect(outcome).toEqual({ status: 'fulfilled', value: { rows: 5_000 - dropped } })
  expect(logs.map(({ message }) => message)).toEqual(
    expect.arrayContaining(['Logging Subflow for: yellow_trips', 'post: missing passenger count: 0']),
  )
  expect(tasks).toEqual(['extract: Completed', 'transform: Completed', 'load: Completed'])

  await using db = await openDuckDb(`${shop.directory}/warehouse.duckdb`)
  const counts = `count(*) as n, count(*) filter (passenger_count = 0) as none, count(*) filter (passenger_count is null) as unknown`
  expect(await db.rows(`select ${counts} from yellow_trips`)).toEqual([
    { n: BigInt(5_000 - dropped), none: 0n, unknown: 350n },
  ])
})

test('within a day the extract comes from the cache, after that it runs again', async () => {
  await using shop = await openWorkshop()
  const parameters = { url, limit: 1_000, directory: shop.directory, warehouse: 'duckdb' }
  const first = await shop.run(etl, parameters)
  expect(first.tasks[0]).toBe('extract: Completed')
  await shop.clock.advance(23 * 3_600_000)
  const second = await shop.run(etl, parameters)
  expect(second.tasks[0]).toBe('extract: Cached')
  expect(second.outcome).toEqual(first.outcome)
  await shop.clock.advance(2 * 3_600_000)
  expect((await shop.run(etl, parameters)).tasks[0]).toBe('extract: Completed')
})

test('another file or another limit is another extract', async () => {
  await using shop = await openWorkshop()
  const parameters = { url, limit: 1_000, directory: shop.directory, warehouse: 'duckdb' }
  await shop.run(etl, parameters)
  expect((await shop.run(etl, { ...parameters, limit: 1_001 })).tasks[0]).toBe('extract: Completed')
})
