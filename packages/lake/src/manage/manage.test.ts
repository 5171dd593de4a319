import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectCode } from '../testing/expect-code.testsupport.ts'
import { openTestTables, type TestTables } from '../testing/test-lake.testsupport.ts'
import { day } from '../table/partition-helpers.ts'
import {
  describeTable,
  listTables,
  previewTable,
  queryLake,
  rollbackTable,
  schemaVersions,
  tableVersions,
  tagTable,
} from './index.ts'

const trips = 'bronze.trips'
let tables: TestTables
let [first, second]: readonly string[] = []

beforeAll(async () => {
  tables = await openTestTables()
  const table = { owner: 'data@example.org', description: 'Trips', key: ['id'], partitionBy: [day('at')] }
  const load = async (source: readonly object[]): Promise<string> =>
    (await tables.load('append', trips, source, { table })).snapshot ?? ''
  first = await load([{ id: 1, at: new Date(0), a: { b: 1 } }])
  second = await load([{ id: 2, at: new Date(0), a: { b: 2, c: 'x' }, tip: 0.5 }])
})
afterAll(() => tables[Symbol.asyncDispose]())

describe('a table', () => {
  test('is listed with what its current version holds', async () => {
    expect(await listTables(tables.lake)).toMatchObject([
      { name: trips, rows: 2, files: 2, versions: 2, owner: 'data@example.org', description: 'Trips' },
    ])
    expect(await listTables(tables.lake, { prefix: 'gold' })).toEqual([])
  })

  test('is described with its types, partitions, key, refs and loads', async () => {
    const { schema, partitionBy, key, refs, loads, snapshot } = await describeTable(tables.lake, trips)
    expect(Object.fromEntries(schema.map(({ name, type }) => [name, type]))).toMatchObject({
      id: 'long',
      at: 'timestamptz',
      a: 'struct<b: long, c: string>',
      tip: 'double',
    })
    expect({ partitionBy, key, snapshot }).toEqual({ partitionBy: ['day(at)'], key: ['id'], snapshot: second })
    expect(refs).toEqual([{ name: 'main', kind: 'branch', snapshot: second }])
    expect(loads.map(({ operation, counts }) => [operation, counts.loaded])).toEqual([
      ['append', 1],
      ['append', 1],
    ])
  })

  test('tells how its schema came to be', async () => {
    const [one, two] = await schemaVersions(tables.lake, trips)
    expect([one?.changes, two?.changes]).toEqual([[], ['+ a.c string', '+ tip double']])
    expect([one?.current, two?.current]).toEqual([false, true])
  })

  test('shows rows of any version', async () => {
    const then = await previewTable(tables.lake, trips, { limit: 5, at: first ?? '' })
    expect(then.rows).toHaveLength(1)
    expect(then.columns.map(({ name }) => name)).not.toContain('tip')
    const ids = await previewTable(tables.lake, trips, { limit: 1, columns: ['id'] })
    expect(ids).toMatchObject({ columns: [{ name: 'id' }], rows: [{ id: expect.any(Number) }] })
  })
})

test('a rollback makes an older version the current one, and can be undone by the versions it leaves', async () => {
  await tagTable(tables.lake, trips, 'good')
  expect(await rollbackTable(tables.lake, trips, first ?? '')).toMatchObject({ snapshot: first, before: second })
  expect(await queryLake(tables.lake, `select count(*) as n from ${trips}`).all()).toEqual([{ n: 1 }])
  const versions = await tableVersions(tables.lake, trips)
  expect(
    versions.map(({ snapshot, current, refs, rows, schema }) => ({ snapshot, current, refs, rows, schema })),
  ).toEqual([
    { snapshot: second, current: false, refs: ['good'], rows: 2, schema: 2 },
    { snapshot: first, current: true, refs: [], rows: 1, schema: 1 },
  ])
  await rollbackTable(tables.lake, trips, 'good')
  expect(await queryLake(tables.lake, `select count(*) as n from ${trips}`).all()).toEqual([{ n: 2 }])
})

test.each(['main', '17', 'time:2026', 'a b', ''])('a tag cannot be called %j', async (tag) => {
  await expectCode(tagTable(tables.lake, trips, tag), 'OPTION_INVALID')
})

test('what is not there is said so', async () => {
  await expectCode(describeTable(tables.lake, 'bronze.nothing'), 'TABLE_NOT_FOUND')
  await expectCode(rollbackTable(tables.lake, trips, 'nothing'), 'TABLE_VERSION_NOT_FOUND')
})
