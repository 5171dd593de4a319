import { expect, test } from 'vitest'
import { type CatalogStore, openEmbeddedCatalog } from '../catalog/embedded-catalog.ts'
import { createLake, type EmbeddedLake } from '../catalog/embedded-lake.testsupport.ts'
import type { LakeStorage } from '../storage/lake-storage.ts'
import { dyingStorage } from '../testing/dying-storage.testsupport.ts'
import { dyingStore } from '../testing/dying-store.testsupport.ts'
import { tablesOf, type TestTables } from '../testing/test-lake.testsupport.ts'

/** What a run does to its tables; each step is the same load whenever it is done. */
type Steps = readonly ((tables: TestTables) => Promise<unknown>)[]

const loads: Steps = [
  (tables) => tables.load('append', 'bronze.t', [{ id: 1, name: 'a' }], { load: { id: 'one' } }),
  (tables) => tables.load('append', 'bronze.t', [{ id: 2, more: 2.5 }], { load: { id: 'two' } }),
  (tables) => tables.load('replace', 'bronze.t', [{ id: 3, name: 'c' }], { load: { id: 'three' } }),
  (tables) => tables.load('append', 'bronze.t', [{ id: 4, name: 'd' }], { load: { id: 'four' } }),
]

const loaded = [
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

const a1 = { id: 1, name: 'a' }
const a2 = { id: 2, name: 'a' }
const b2 = { id: 2, name: 'B' }
const c3 = { id: 3, name: 'c' }

const first: Steps = [(tables) => tables.load('append', 'bronze.t', [a1, a2], { load: { id: 'one' } })]
const changes: Steps = [
  (tables) => tables.merge('bronze.t', [b2, c3], { key: ['id'] }, { load: { id: 'merge' } }),
  (tables) => tables.delete('bronze.t', { id: 2 }, { id: 'delete' }),
]
const changed = [
  [a1, a2],
  [a1, b2, c3],
  [a1, c3],
]

async function take(base: EmbeddedLake, steps: Steps, storage: LakeStorage, store: CatalogStore): Promise<void> {
  const catalog = await openEmbeddedCatalog(store, storage, { patienceMs: 50 })
  await using tables = tablesOf(base, catalog, storage)
  for (const step of steps) await step(tables)
}

async function versionsOf(base: EmbeddedLake): Promise<readonly unknown[]> {
  await using tables = tablesOf(base, base.catalog, base.storage)
  const { metadata } = await tables.view('bronze.t')
  const versions = []
  for (const snapshot of metadata.snapshots ?? []) {
    const rows = await tables.rows('bronze.t', { version: snapshot['snapshot-id'] })
    versions.push(rows.toSorted((a, b) => Number(a['id']) - Number(b['id'])))
  }
  return versions
}

/** A process dies at every step, and is started again. */
async function everyDeath(
  [prepare, steps, expected]: readonly [prepare: Steps, steps: Steps, expected: readonly unknown[]],
  dying: (
    base: EmbeddedLake,
    at: number,
  ) => { readonly storage: LakeStorage; readonly store: CatalogStore; readonly count: () => number },
): Promise<void> {
  for (let at = 0; ; at++) {
    await using base = await createLake()
    await take(base, prepare, base.storage, base.store)
    const { storage, store, count } = dying(base, at)
    const died = await take(base, steps, storage, store).then(
      () => false,
      () => true,
    )
    await take(base, steps, base.storage, base.store)
    expect(await versionsOf(base), `step ${at}`).toEqual(expected)
    if (!died && count() <= at) break
  }
}

test.each([
  ['before', 'loads', [[], loads, loaded]],
  ['after', 'loads', [[], loads, loaded]],
  ['before', 'changes rows', [first, changes, changed]],
  ['after', 'changes rows', [first, changes, changed]],
] as const)(
  'a run that dies %s any write while it %s and runs again leaves the same table, and every version of it',
  (when, _what, story) =>
    everyDeath(story, (base, at) => {
      const storage = dyingStorage(base.storage, at, when)
      return { storage, store: base.store, count: () => storage.writes }
    }),
  180_000,
)

test.each(['before', 'after'] as const)(
  'a run that changes rows and loses its store %s any step of it leaves the same table when it runs again',
  (when) =>
    everyDeath([first, changes, changed], (base, at) => {
      const store = dyingStore(base.store, at, when)
      return { storage: base.storage, store, count: () => store.steps() }
    }),
  180_000,
)
