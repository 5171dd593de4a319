import { randomUUID } from 'node:crypto'
import { rename } from 'node:fs/promises'
import { openStore } from '@sluice/store'
import { expect, test } from 'vitest'
import { expectCode } from '../testing/expect-code.testsupport.ts'
import { openEmbeddedCatalog } from './embedded-catalog.ts'
import { createLake } from './embedded-lake.testsupport.ts'
import type { LoadEntry } from './lake-catalog.ts'
import { decodeManifest } from '../format/manifest-file.ts'
import { decodeManifestList } from '../format/manifest-list.ts'
import type { ManifestFile } from '../format/manifest.ts'
import type { LakeStorage } from '../storage/lake-storage.ts'
import { openLocalStorage } from '../storage/local-storage.ts'
import { rebuildCatalog } from './rebuild-catalog.ts'
import { relocateLake } from './relocate-lake.ts'
import { appending, appendRows, createTable, readRows } from './test-table.testsupport.ts'
import { verifyLake } from './verify-lake.ts'

const load: LoadEntry = {
  id: 'one',
  branch: 'main',
  operation: 'append',
  state: 'committed',
  snapshotId: 7n,
  source: 'a.csv',
  counts: { records: 1, loaded: 1, quarantined: 0, discarded: 0, filtered: 0 },
  cursor: { max: 3 },
  raw: [{ n: 0, source: 'a.csv', address: '/data/a.csv', size: 3, receivedAt: 1 }],
}

test('a lake whose database is lost is rebuilt from its files, and goes on', async () => {
  await using lake = await createLake()
  const [a] = [await createTable(lake, 'a.a'), await createTable(lake, 'b.b')]
  await appendRows(lake, a, ['1', '2'])
  await lake.catalog.commit({ id: randomUUID(), tables: [await appending(lake, a, ['3'], { load, files: ['x'] })] })
  await using store = await openStore(':memory:')
  const report = await rebuildCatalog(store, lake.storage)
  expect(report.skipped).toEqual([])
  expect(report.tables.map(({ name, version, unmarked }) => [name, version, unmarked])).toEqual([
    ['a.a', 3, []],
    ['b.b', 1, []],
  ])
  const catalog = await openEmbeddedCatalog(store, lake.storage)
  const rebuilt = { catalog, storage: lake.storage }
  expect(await catalog.list()).toEqual(await lake.catalog.list())
  expect(await readRows(rebuilt, 'a.a')).toEqual(['1', '2', '3'])
  expect(await catalog.load(a.id, 'one')).toMatchObject(load)
  expect((await catalog.loadedFiles(a.id, 'main', ['x', 'y'])).size).toBe(1)
  expect((await store.listLakeSnapshots(a.id, { limit: 9 })).items).toHaveLength(2)
  await expectCode(appendRows(rebuilt, a, ['4']), 'LAKE_FOREIGN_CATALOG')
  await catalog.adopt()
  expect((await appendRows(rebuilt, a, ['4'])).tables).toMatchObject([{ version: 4 }])
  expect(await readRows(rebuilt, 'a.a')).toEqual(['1', '2', '3', '4'])
  await expectCode(rebuildCatalog(store, lake.storage), 'LAKE_CATALOG_NOT_EMPTY')
})

test('a rebuild takes the newest version that is marked, and tells newer ones', async () => {
  await using lake = await createLake()
  const table = await createTable(lake, 'a.a')
  await appendRows(lake, table, ['1'])
  const { tables } = await appendRows(lake, table, ['2'])
  const key = String(tables[0]?.metadataKey)
  await lake.storage.delete([key.replace('.metadata.json', '.committed')])
  await lake.storage.put('c/never-0a1b2c3d/metadata/00001-x.metadata.json', '{}')
  await using store = await openStore(':memory:')
  const report = await rebuildCatalog(store, lake.storage)
  expect(report.tables).toMatchObject([{ name: 'a.a', version: 2, unmarked: [key] }])
  expect(report.skipped).toMatchObject([{ directory: 'c/never-0a1b2c3d' }])
  const rebuilt = { catalog: await openEmbeddedCatalog(store, lake.storage), storage: lake.storage }
  expect(await readRows(rebuilt, 'a.a')).toEqual(['1'])
})

test('a lake is verified: what is missing, cut or damaged is told, each once', async () => {
  await using lake = await createLake()
  const table = await createTable(lake, 'a.a')
  await createTable(lake, 'b.b')
  for (const row of ['1', '2', '3']) await appendRows(lake, table, [row])
  const healthy = await verifyLake(lake)
  // Two metadata files, and of each append a list, a manifest and a data file.
  expect(healthy).toEqual({ tables: 2, views: 0, files: 11, problems: [] })
  const keyAt = (url: string): string => url.slice(lake.storage.url.length + 1)
  const { snapshots = [] } = await lake.catalog.metadata((await lake.catalog.find('a.a')) ?? table)
  const lists = snapshots.map((snapshot) => snapshot['manifest-list'])
  // The middle list names the manifests of the first two appends: what is wrong with them is reached through it.
  const manifests = await listAt(lake.storage, String(lists[1]))
  const manifestOf = (index: number): ManifestFile => {
    const found = manifests.find((manifest) => manifest.addedSnapshotId === snapshots[index]?.['snapshot-id'])
    if (found === undefined) throw new Error('no manifest')
    return found
  }
  const [whole, broken] = [manifestOf(0), manifestOf(1)]
  const [entry] = decodeManifest(await lake.storage.get(keyAt(whole.path)), whole)
  const lost = keyAt(String(entry?.file.path))
  const cut = keyAt(broken.path)
  const damaged = keyAt(String(lists[2]))
  await lake.storage.delete([lost])
  await lake.storage.put(cut, 'cut')
  await lake.storage.put(damaged, 'no list')
  const { problems } = await verifyLake(lake)
  expect(problems.map(({ key }) => key).toSorted()).toEqual([lost, cut, damaged].toSorted())
  for (const { table: name } of problems) expect(name).toBe('a.a')
  const { metadataKey } = (await lake.catalog.find('b.b')) ?? table
  await lake.storage.delete([metadataKey])
  expect((await verifyLake(lake)).problems).toContainEqual({ table: 'b.b', key: metadataKey, problem: 'it is missing' })
})

const listAt = async (storage: LakeStorage, url: string): Promise<ReturnType<typeof decodeManifestList>> =>
  decodeManifestList(await storage.get(url.slice(storage.url.length + 1)))

test('a lake that was moved is relocated: its metadata names what is there, for every snapshot', async () => {
  await using lake = await createLake()
  const table = await createTable(lake, 'a.a')
  await appendRows(lake, table, ['1'])
  await appendRows(lake, table, ['2', '3'])
  await createTable(lake, 'b.b')
  const moved = `${lake.root}-moved`
  await rename(lake.root, moved)
  const storage = await openLocalStorage(moved)
  const catalog = await openEmbeddedCatalog(lake.store, storage)
  const there = { catalog, storage, store: lake.store }
  await appendRows(there, table, ['4'])
  expect(await relocateLake(there)).toEqual(['a.a', 'b.b'])
  expect(await relocateLake(there)).toEqual([])
  const pointer = (await catalog.find('a.a')) ?? table
  expect(pointer.version).toBe(5)
  const text = Buffer.from(await storage.get(pointer.metadataKey)).toString()
  expect(text).toContain(moved)
  expect(text.replaceAll(moved, '')).not.toContain(lake.root)
  const metadata = await catalog.metadata(pointer)
  for (const snapshot of metadata.snapshots ?? []) {
    for (const manifest of await listAt(storage, snapshot['manifest-list'])) {
      expect(manifest.path.startsWith(`${storage.url}/`)).toBe(true)
      const entries = decodeManifest(await storage.get(manifest.path.slice(storage.url.length + 1)), manifest)
      for (const { file } of entries) expect(file.path.startsWith(`${storage.url}/`)).toBe(true)
    }
  }
  const read = await Promise.all((metadata.snapshots ?? []).map((each) => readRows(there, 'a.a', each['snapshot-id'])))
  expect(read).toEqual([['1'], ['1', '2', '3'], ['1', '2', '3', '4']])
  await appendRows(there, table, ['5'])
  expect(await readRows(there, 'a.a')).toEqual(['1', '2', '3', '4', '5'])
  expect(await verifyLake(there)).toMatchObject({ tables: 2, problems: [] })
})
