import { expect, test } from 'vitest'
import { type DeathPoint, DyingProcess } from '../catalog/dying-process.testsupport.ts'
import { openEmbeddedCatalog } from '../catalog/embedded-catalog.ts'
import { createLake } from '../catalog/embedded-lake.testsupport.ts'
import { rebuildCatalog } from '../catalog/rebuild-catalog.ts'
import { verifyLake } from '../catalog/verify-lake.ts'
import { platform } from '../platform.ts'
import { replayRows } from '../table/replay-rows.ts'
import { openTestTables, tablesOf, type TestTables } from '../testing/test-lake.testsupport.ts'
import { dropFromLake } from './drop-from-lake.ts'
import { finishDeletions } from './finish-deletions.ts'
import { sweepLake } from './sweep-lake.ts'

async function filesIn({ lake }: TestTables, directory: string): Promise<readonly string[]> {
  const found: string[] = []
  for await (const { key } of lake.storage.list(`${directory}/`)) found.push(key)
  return found
}

const later = ({ lake }: TestTables, ms: number): TestTables['lake'] => ({
  ...lake,
  platform: { ...platform, now: () => Date.now() + ms },
})

test('a table that is dropped keeps its files, unless they are to go: then they do when the grace is over', async () => {
  await using tables = await openTestTables()
  await tables.load('append', 'a.t', [{ id: 1 }])
  const kept = await dropFromLake(tables.lake, 'a.t')
  expect(await filesIn(tables, kept.directory)).toHaveLength(6)
  await tables.load('append', 'a.t', [{ id: 2 }])
  const gone = await dropFromLake(tables.lake, 'a.t', { purge: true })
  expect(gone).toMatchObject({ deleted: 0, waiting: 5 })
  await tables.load('append', 'a.t', [{ id: 3 }])
  expect(await finishDeletions(later(tables, 3_599_000), { graceMs: 3_600_000 })).toMatchObject({ deleted: 0 })
  await sweepLake(later(tables, 3_601_000))
  expect(await filesIn(tables, gone.directory)).toEqual([`${gone.directory}/metadata/dropped.json`])
  expect(await filesIn(tables, kept.directory)).toHaveLength(6)
  expect(await tables.rows('a.t')).toEqual([{ id: 3 }])
  expect(await verifyLake(tables.lake)).toMatchObject({ problems: [] })
})

test('rows that a dropped table had rejected are not replayed into the next of its name', async () => {
  await using tables = await openTestTables()
  const load = { load: { id: 'first', maxRejected: 0.9 } }
  await tables.load('append', 'a.t', [{ id: 1 }], load)
  await tables.load('append', 'a.t', [{ id: 2 }, { id: 'three' }], { load: { ...load.load, id: 'second' } })
  await dropFromLake(tables.lake, 'a.t')
  await tables.load('append', 'a.t', [{ id: 4 }])
  const fix = () => ({ id: 3 })
  const context = undefined
  const replayed = await replayRows({ lake: tables.lake, table: 'a.t', tableOptions: {}, options: { fix }, context })
  expect(replayed).toMatchObject({ rows: 0, open: 0 })
  expect(await tables.rows('a.t')).toEqual([{ id: 4 }])
})

test('a rebuild does not bring a dropped table back, and does not lose one that was written after all', async () => {
  await using tables = await openTestTables()
  for (const table of ['a.gone', 'a.kept']) await tables.load('append', table, [{ id: 1 }])
  const { directory } = await dropFromLake(tables.lake, 'a.gone')
  // The process that wanted to drop it died before it did, and somebody else wrote on.
  const { pointer } = await tables.view('a.kept')
  const marker = { table: 'a.kept', version: pointer.version }
  await tables.lake.storage.put(`${pointer.directory}/metadata/dropped.json`, JSON.stringify(marker))
  await tables.load('append', 'a.kept', [{ id: 2 }])
  await using other = await createLake()
  const report = await rebuildCatalog(other.store, tables.lake.storage)
  expect(report.skipped).toEqual([{ directory, reason: 'it was dropped' }])
  expect(report.tables).toMatchObject([{ name: 'a.kept', version: 2 }])
})

test('a process that dies while it drops leaves the whole table, or none', async () => {
  const dropping = async (point: DeathPoint | undefined): Promise<number> => {
    await using base = await createLake()
    await using tables = tablesOf(base, base.catalog, base.storage)
    await tables.load('append', 'a.t', [{ id: 1 }])
    const process = new DyingProcess(point)
    const storage = process.watch(base.storage, ['put', 'delete'])
    const store = process.watch(base.store, ['dropLakeTable'])
    const catalog = await openEmbeddedCatalog(store, storage, { patienceMs: 20 })
    await dropFromLake({ ...tables.lake, catalog, storage }, 'a.t', { purge: true, grace: 0 }).catch(
      (error: unknown) => {
        if (point === undefined) throw error
      },
    )
    await sweepLake(later(tables, 3_601_000))
    const found = await base.catalog.find('a.t')
    if (found) expect(await tables.rows('a.t')).toEqual([{ id: 1 }])
    expect(await verifyLake(tables.lake)).toMatchObject({ problems: [] })
    if (found) await dropFromLake(tables.lake, 'a.t', { purge: true, grace: 0 })
    const left = []
    for await (const { key } of base.storage.list('')) left.push(key)
    expect(left.filter((key) => !/^lake\.json$|\/dropped\.json$/.test(key))).toEqual([])
    return process.steps
  }
  const steps = await dropping(undefined)
  expect(steps).toBe(5)
  for (let at = 1; at <= steps; at += 1) for (const mode of ['before', 'after'] as const) await dropping({ at, mode })
}, 60_000)
