import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { queryHost } from '../sql/query-host.ts'
import { createRelation } from '../sql/relation.ts'
import { resolveTables } from '../sql/resolve-tables.ts'
import { expectCode } from '../testing/expect-code.testsupport.ts'
import { openTestTables, type TestTables } from '../testing/test-lake.testsupport.ts'
import { listReleases, releaseTables, rollbackRelease } from './release-tables.ts'
import type { Release } from './release-types.ts'

let tables: TestTables
let count = 0
let [trips, zones]: string[] = []
let name = ''

beforeAll(async () => {
  tables = await openTestTables()
})
beforeEach(async () => {
  name = `r${++count}`
  ;[trips, zones] = [`bronze.trips_${count}`, `bronze.zones_${count}`]
  await load(trips, 1)
  await load(zones, 1)
})
afterAll(() => tables[Symbol.asyncDispose]())

const load = async (table = '', n = 0): Promise<string> =>
  String((await tables.load('replace', table, [{ n }])).snapshot)

const release = (parts: readonly (string | undefined)[], move = false): Promise<Release> =>
  releaseTables({
    lake: tables.lake,
    release: name,
    tables: parts.map((part = '') => ({ name: part })),
    move,
    context: undefined,
  })

const now = async (version?: string): Promise<readonly unknown[]> => [
  ...(await tables.rows(trips ?? '', { version })),
  ...(await tables.rows(zones ?? '', { version })),
]

test('a release names the versions of its tables together, and they stay what they were', async () => {
  const made = await release([zones, trips])
  expect(made.tables.map(({ table }) => table)).toEqual([trips, zones])
  await load(trips, 2)
  await load(zones, 2)
  expect(await now(`release/${name}`)).toEqual([{ n: 1 }, { n: 1 }])
  expect(await listReleases(tables.lake)).toContainEqual(made)
  const sql = { text: `select t.n as t, z.n as z from ${trips} t, ${zones} z`, values: [] }
  const then = createRelation(sql, async () => ({
    ...(await queryHost(tables.lake, undefined)),
    resolve: (references) => resolveTables(tables.lake, references, () => `release/${name}`),
  }))
  expect(await then.all()).toEqual([{ t: 1, z: 1 }])
})

test('the same again is the same; with other contents it is refused, or moved', async () => {
  const made = await release([trips, zones])
  const versions = async (): Promise<readonly number[]> =>
    Promise.all([trips, zones].map(async (table = '') => (await tables.view(table)).pointer.version))
  const before = await versions()
  expect(await release([trips, zones])).toEqual(made)
  expect(await versions()).toEqual(before)
  await expectCode(release([trips]), 'RELEASE_EXISTS')
  const snapshot = await load(trips, 2)
  await expectCode(release([trips, zones]), 'RELEASE_EXISTS')
  expect(await now(`release/${name}`)).toEqual([{ n: 1 }, { n: 1 }])
  expect((await release([trips], true)).tables).toEqual([{ table: trips, snapshot }])
  expect((await tables.view(zones ?? '')).metadata.refs).not.toHaveProperty(`release/${name}`)
})

test('a release may be of older versions, and of none that is not there', async () => {
  const [first] = (await tables.view(trips ?? '')).metadata.snapshots ?? []
  await load(trips, 2)
  const version = first?.['snapshot-id'] ?? 0n
  const parts = [{ name: trips ?? '', version }, { name: zones ?? '' }]
  await releaseTables({ lake: tables.lake, release: name, tables: parts, move: false, context: undefined })
  expect(await now(`release/${name}`)).toEqual([{ n: 1 }, { n: 1 }])
  name = `${name}-other`
  await expectCode(release([trips, 'bronze.none']), 'TABLE_NOT_FOUND')
  await expectCode(release([trips, trips]), 'OPTION_INVALID')
  await expectCode(release([]), 'OPTION_INVALID')
  expect((await listReleases(tables.lake)).map((one) => one.release)).not.toContain(name)
  name = 'a/b'
  await expectCode(release([trips]), 'OPTION_INVALID')
})

test('a rollback makes all of its tables current again in one commit, and can be done twice', async () => {
  const made = await release([trips, zones])
  await load(trips, 2)
  await load(zones, 2)
  expect(await rollbackRelease(tables.lake, name, undefined)).toEqual(made)
  expect(await now()).toEqual([{ n: 1 }, { n: 1 }])
  expect(await rollbackRelease(tables.lake, name, undefined)).toEqual(made)
  await expectCode(rollbackRelease(tables.lake, 'none', undefined), 'RELEASE_NOT_FOUND')
})

test('loads under way do not come between the tables of a release', async () => {
  const loads = [1, 2, 3, 4, 5].map((n) => load(n % 2 === 0 ? trips : zones, n + 10))
  const [made] = await Promise.all([release([trips, zones]), ...loads])
  for (const { table, snapshot } of made.tables)
    expect((await tables.view(table, `release/${name}`)).snapshot?.['snapshot-id']).toBe(BigInt(snapshot))
})
