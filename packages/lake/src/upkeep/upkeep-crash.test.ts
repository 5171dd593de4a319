import { randomUUID } from 'node:crypto'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Store } from '@sluice/store'
import { type DeathPoint, DyingProcess } from '../catalog/dying-process.testsupport.ts'
import { openEmbeddedCatalog } from '../catalog/embedded-catalog.ts'
import { type EmbeddedLake, openLakeAt } from '../catalog/embedded-lake.testsupport.ts'
import { verifyLake } from '../catalog/verify-lake.ts'
import { tagTable } from '../manage/tag-table.ts'
import { tablesOf, type TestTables } from '../testing/test-lake.testsupport.ts'
import { compactTable } from './compact-table.ts'
import { expireTable } from './expire-table.ts'
import { sweepLake } from './sweep-lake.ts'

const name = 'a.t'
let directory: string
let count = 0

/** A lake that is copied for every case: versions, a tag on one that main has left behind, and a partition of small files. */
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'sluice-upkeep-'))
  await using base = await openAt('model')
  await using tables = tablesOf(asLake(base), base.catalog, base.storage)
  for (const id of [1, 2, 3]) await tables.load('append', name, [{ id }])
  await tagTable(tables.lake, name, 'audited')
  await tables.load('replace', name, [{ id: 4 }])
  await setProperties(tables)
  for (const id of [5, 6, 7, 8, 9, 10]) await tables.load('append', name, [{ id }])
})
afterAll(() => rm(directory, { recursive: true, force: true }))

type Opened = Pick<EmbeddedLake, 'catalog' | 'storage' | 'store' | 'target' | 'root'>

async function openAt(part: string): Promise<Opened & AsyncDisposable> {
  const place = { target: path.join(directory, part, 'sluice.db'), root: path.join(directory, part, 'lake') }
  const opened = await openLakeAt(place)
  return { ...place, ...opened, [Symbol.asyncDispose]: () => opened.store.close() }
}

/** Nothing of a lake here is asked to start runs, or to be opened by others. */
const asLake = (opened: Opened): EmbeddedLake => opened as EmbeddedLake

/** The store; who waits in a line for a table is noted. */
function noting(store: Store, places: { readonly table: string; readonly holder: string }[]): Store {
  return new Proxy(store, {
    get: (target, key) => {
      if (key === 'holdLakeTicket')
        return (hold: Parameters<Store['holdLakeTicket']>[0]) => {
          places.push(hold)
          return target.holdLakeTicket(hold)
        }
      const member: unknown = Reflect.get(target, key)
      return typeof member === 'function' ? (member.bind(target) as unknown) : member
    },
  })
}

async function setProperties({ lake }: TestTables): Promise<void> {
  const updates = [{ action: 'set-properties', updates: { 'commit.manifest.min-count-to-merge': '3' } } as const]
  await lake.catalog.commit({ id: randomUUID(), tables: [{ name, requirements: [], updates }] })
}

async function tend({ lake }: TestTables): Promise<void> {
  await compactTable(lake, name)
  await expireTable(lake, name, { olderThan: 0, grace: 0 })
  await sweepLake(lake, { grace: 0 })
}

async function expectWhole(tables: TestTables, where: string): Promise<void> {
  const ids = async (version?: string): Promise<readonly unknown[]> =>
    (await tables.rows(name, { version })).map((row) => row['id']).toSorted((a, b) => Number(a) - Number(b))
  expect(await ids(), where).toEqual([4, 5, 6, 7, 8, 9, 10])
  expect(await ids('audited'), where).toEqual([1, 2, 3])
  const { metadata } = await tables.view(name)
  for (const snapshot of metadata.snapshots ?? [])
    expect(await ids(String(snapshot['snapshot-id'])), where).toHaveLength(Number(snapshot.summary['total-records']))
  expect(await verifyLake(tables.lake), where).toMatchObject({ problems: [] })
}

/** One case: a process that dies in the middle of the upkeep, and the next one that does it again. Answers the steps it took. */
async function dyingAt(point: DeathPoint | undefined): Promise<number> {
  const part = `case-${++count}`
  await cp(path.join(directory, 'model'), path.join(directory, part), { recursive: true })
  const process = new DyingProcess(point)
  {
    await using base = await openAt(part)
    const storage = process.watch(base.storage, ['put', 'putFile', 'delete'])
    const places: { readonly table: string; readonly holder: string }[] = []
    const store = process.watch(noting(base.store, places), ['commitLake'])
    const catalog = await openEmbeddedCatalog(store, storage, { patienceMs: 20 })
    const dying = tablesOf(asLake(base), catalog, storage)
    await tend(dying).catch((error: unknown) => {
      if (point === undefined) throw error
    })
    await Promise.resolve(dying[Symbol.asyncDispose]()).catch(() => undefined)
    // As if the dead process's place in the line for the table had expired.
    for (const { table, holder } of places) await base.store.releaseLakeTicket(table, holder)
    await using tables = tablesOf(asLake(base), base.catalog, base.storage)
    const where = `${point?.mode} step ${point?.at}`
    await expectWhole(tables, where)
    await tend(tables)
    await expectWhole(tables, `${where}, and again`)
    expect((await tables.view(name)).metadata.snapshots, where).toHaveLength(2)
  }
  await rm(path.join(directory, part), { recursive: true })
  return process.steps
}

test('upkeep that dies at any step (RUNS: at all of them) deletes no file that a branch or tag reaches, and is done by the next', async () => {
  const steps = await dyingAt(undefined)
  expect(steps).toBeGreaterThan(10)
  const every = process.env['RUNS'] === undefined ? 9 : 1
  for (let at = 1; at <= steps; at += every)
    for (const mode of ['before', 'after'] as const) await dyingAt({ at, mode })
}, 180_000)
