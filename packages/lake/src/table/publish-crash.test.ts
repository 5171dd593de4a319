import { afterAll, beforeAll, expect, test } from 'vitest'
import { type DeathPoint, DyingProcess } from '../catalog/dying-process.testsupport.ts'
import { openEmbeddedCatalog } from '../catalog/embedded-catalog.ts'
import { unique } from '../checks/check-helpers.ts'
import { openTestTables, type TestTables } from '../testing/test-lake.testsupport.ts'
import type { OpenLake } from './lake.ts'
import { loadTable } from './load-table.ts'

let tables: TestTables
let count = 0

beforeAll(async () => {
  tables = await openTestTables()
})
afterAll(() => tables[Symbol.asyncDispose]())

const table = { checks: [unique('id')] }

/** A good load that brings a column, and a bad one, which keeps its rows beside its branch. Answers what came of them. */
async function work(lake: OpenLake, name: string): Promise<readonly string[]> {
  const outcomes: string[] = []
  for (const [loadId, rows, how] of [
    ['good', [{ id: 2, tip: 1 }], { operation: 'append' }],
    ['bad', [{ id: 1, more: 'x' }], { operation: 'merge', merge: { key: ['more'] } }],
  ] as const) {
    const load = { lake, table: name, source: rows, tableOptions: table, options: {}, ...how } as const
    const outcome = await loadTable({ ...load, loadId, context: undefined }).then(
      ({ published }) => (published ? 'published' : 'waits'),
      (error: { readonly code?: string }) => String(error.code),
    )
    outcomes.push(outcome)
  }
  return outcomes
}

/** One case: a process that dies, what readers see then, and another that does the same again. Answers how many steps there were. */
async function dyingAt(point: DeathPoint | undefined): Promise<number> {
  const name = `bronze.t${++count}`
  await tables.load('append', name, [{ id: 1 }], { table })
  const process = new DyingProcess(point)
  const storage = process.watch(tables.base.storage, ['put', 'putFile'])
  const store = process.watch(tables.base.store, ['commitLake'])
  const catalog = await openEmbeddedCatalog(store, storage, { patienceMs: 20 })
  await work({ ...tables.lake, catalog, storage }, name)
  const where = `${point?.mode} step ${point?.at}`
  const old = [{ id: 1 }]
  const published = [
    { id: 1, tip: null },
    { id: 2, tip: 1 },
  ]
  const seen = (await tables.rows(name)).toSorted((a, b) => Number(a['id']) - Number(b['id']))
  expect([old, published], where).toContainEqual(seen)
  const { pointer } = await tables.view(name)
  const good = await tables.lake.catalog.load(pointer.id, 'good')
  expect(good?.state === 'published', where).toBe(seen.length === 2)
  expect(await work(tables.lake, name), where).toEqual(['published', 'LOAD_BLOCKED'])
  expect(
    (await tables.rows(name)).toSorted((a, b) => Number(a['id']) - Number(b['id'])),
    where,
  ).toEqual(published)
  const { metadata } = await tables.view(name)
  expect(Object.keys(metadata.refs ?? {}).toSorted(), where).toEqual(['input/bad', 'load/bad', 'main'])
  const checks = await tables.lake.catalog.checks(pointer.id)
  const said = checks.items.filter(({ loadId }) => loadId === 'good' || loadId === 'bad')
  expect(said.map(({ loadId, outcome }) => `${loadId} ${outcome}`).toSorted(), where).toEqual([
    'bad failed',
    'good passed',
  ])
  expect((await tables.lake.catalog.incidents({ table: name })).items, where).toHaveLength(1)
  return process.steps
}

test('a load that is checked and dies at any step leaves main as it was or whole, and goes on where it was', async () => {
  const steps = await dyingAt(undefined)
  expect(steps).toBeGreaterThan(12)
  // Before a step is after the one before it.
  for (let at = 1; at <= steps; at++) await dyingAt({ at, mode: 'after' })
}, 120_000)
