import { afterAll, beforeAll, expect, test } from 'vitest'
import { queryHost } from '../sql/query-host.ts'
import { createRelation } from '../sql/relation.ts'
import { openTestTables, type TestTables } from '../testing/test-lake.testsupport.ts'
import { describeTable } from './describe-table.ts'
import { joinPaths, joinsOf } from './find-joins.ts'

let tables: TestTables

beforeAll(async () => {
  tables = await openTestTables()
  await tables.load('append', 'g.boroughs', [{ id: 1, name: 'Bronx' }], { table: { key: ['id'] } })
  await tables.load('append', 'g.zones', [{ id: 4, borough_id: 1 }], { table: { key: ['id'] } })
  await tables.load('append', 'g.rates', [{ code: 'a', order: 7 }], { table: { key: ['code'] } })
  await tables.load('append', 'g.trips', [{ pickup: 4, dropoff: 4, order: 7, code: 'a' }], {
    table: {
      references: {
        pickup: { table: 'g.zones', column: 'id' },
        dropoff: { table: 'g.zones', column: 'id' },
        order: { table: 'g.rates', column: 'order' },
      },
    },
  })
  await tables.load('append', 'h.places', [{ place_id: 1 }], { table: { key: ['place_id'] } })
  await tables.load('append', 'h.ways', [{ place_id: 1, end_place_id: 1, far_place_id: 'x', id: 1 }])
  await tables.load('append', 'g.alone', [{ id: 1 }], {})
})
afterAll(() => tables[Symbol.asyncDispose]())

const ask = (text: string): Promise<readonly object[]> =>
  createRelation({ text, values: [] }, () => queryHost(tables.lake, undefined)).all()

test('a table tells what its columns refer to', async () => {
  const { joins } = await describeTable(tables.lake, 'g.trips')
  expect(joins.map(({ to, on }) => `${on[0]?.from} ${to}.${on[0]?.to}`)).toEqual([
    'pickup g.zones.id',
    'dropoff g.zones.id',
    'order g.rates.order',
  ])
})

test('what is declared comes before what only its name says, and what is not there is left out', async () => {
  const joins = await joinsOf(tables.lake, 'g.zones')
  expect(joins).toEqual([
    { from: 'g.trips', to: 'g.zones', on: [{ from: 'dropoff', to: 'id' }], declared: true },
    { from: 'g.trips', to: 'g.zones', on: [{ from: 'pickup', to: 'id' }], declared: true },
    { from: 'g.zones', to: 'g.boroughs', on: [{ from: 'borough_id', to: 'id' }], declared: false },
  ])
  expect(await joinsOf(tables.lake, 'g.alone')).toEqual([])
  expect(await joinsOf(tables.lake, 'g.nothing').catch(({ code }: { code: string }) => code)).toBe('TABLE_NOT_FOUND')
})

test('a column that ends as the key of another table is called may refer to it, when it has its type', async () => {
  const joins = await joinsOf(tables.lake, 'h.places')
  expect(joins.map(({ from, on }) => `${from} ${on[0]?.from}`)).toEqual(['h.ways end_place_id', 'h.ways place_id'])
})

test('two tables are joined by SQL that runs, with words of SQL as names, and with tables in between', async () => {
  const paths = await joinPaths(tables.lake, 'g.trips', 'g.zones')
  expect(paths.map(({ sql }) => sql)).toEqual([
    'select *\nfrom g.trips t\njoin g.zones z on t.dropoff = z.id',
    'select *\nfrom g.trips t\njoin g.zones z on t.pickup = z.id',
  ])
  const [way] = await joinPaths(tables.lake, 'g.boroughs', 'g.rates')
  expect(way?.sql).toBe(
    'select *\nfrom g.boroughs b\njoin g.zones z on z.borough_id = b.id\njoin g.trips t on t.dropoff = z.id\njoin g.rates r on t."order" = r."order"',
  )
  for (const { sql } of [...paths, ...(way ? [way] : [])]) expect(await ask(sql)).toHaveLength(1)
  expect(await joinPaths(tables.lake, 'g.trips', 'g.alone')).toEqual([])
})
