import { expect, test } from 'vitest'
import { openEmbeddedCatalog } from '../catalog/embedded-catalog.ts'
import { createLake, type EmbeddedLake } from '../catalog/embedded-lake.testsupport.ts'
import type { LakeStorage } from '../storage/lake-storage.ts'
import { dyingStorage } from '../testing/dying-storage.testsupport.ts'
import { tablesOf, type TestTables } from '../testing/test-lake.testsupport.ts'

/** What a run does to its tables; each step is the same load whenever it is done. */
const loads: readonly ((tables: TestTables) => Promise<unknown>)[] = [
  (tables) => tables.load('append', 'bronze.t', [{ id: 1, name: 'a' }], { load: { id: 'one' } }),
  (tables) => tables.load('append', 'bronze.t', [{ id: 2, more: 2.5 }], { load: { id: 'two' } }),
  (tables) => tables.load('replace', 'bronze.t', [{ id: 3, name: 'c' }], { load: { id: 'three' } }),
  (tables) => tables.load('append', 'bronze.t', [{ id: 4, name: 'd' }], { load: { id: 'four' } }),
]

const expected = [
  [{ id: 1, name: 'a' }],
  [
    { id: 1, name: 'a', more: null },
    { id: 2, name: null, more: 2.5 },
  ],
  [{ id: 3, name: 'c', more: null }],
  [
    { id: 3, name: 'c', more: null },
    { id: 4, name: 'd', more: null },
  ],
]

async function allLoads(base: EmbeddedLake, storage: LakeStorage): Promise<void> {
  const catalog = await openEmbeddedCatalog(base.store, storage, { patienceMs: 50 })
  await using tables = tablesOf(base, catalog, storage)
  for (const load of loads) await load(tables)
}

test.each(['before', 'after'] as const)(
  'a run that dies %s any write and runs again leaves the same table, and every version of it',
  async (when) => {
    for (let at = 0; ; at++) {
      await using base = await createLake()
      const storage = dyingStorage(base.storage, at, when)
      const died = await allLoads(base, storage).then(
        () => false,
        () => true,
      )
      await allLoads(base, base.storage)
      await using tables = tablesOf(base, base.catalog, base.storage)
      const { metadata } = await tables.view('bronze.t')
      const versions = []
      for (const snapshot of metadata.snapshots ?? [])
        versions.push(await tables.rows('bronze.t', { version: snapshot['snapshot-id'] }))
      expect(versions, `${when} write ${at}`).toEqual(expected)
      if (!died && storage.writes <= at) break
    }
  },
  180_000,
)
