import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectCode } from '../testing/expect-code.testsupport.ts'
import { tablesOf, type TestTables } from '../testing/test-lake.testsupport.ts'
import { openEmbeddedCatalog } from './embedded-catalog.ts'
import { createLake, type EmbeddedLake } from './embedded-lake.testsupport.ts'
import { createTable } from './test-table.testsupport.ts'

let base: EmbeddedLake
let strict: TestTables
let free: TestTables

beforeAll(async () => {
  base = await createLake()
  free = tablesOf(base, base.catalog, base.storage)
  const catalog = await openEmbeddedCatalog(base.store, base.storage, { requireOwner: true })
  strict = tablesOf(base, catalog, base.storage)
})
afterAll(async () => {
  await strict[Symbol.asyncDispose]()
  await free[Symbol.asyncDispose]()
  await base[Symbol.asyncDispose]()
})

const owned = { owner: 'data@example.org' }

test('a lake that asks for owners makes no table without one, and takes no rows into it', async () => {
  await expectCode(strict.load('append', 'a.b', [{ id: 1 }]), 'TABLE_OWNER_MISSING')
  await expectCode(createTable({ catalog: strict.lake.catalog, storage: base.storage }, 'a.c'), 'TABLE_OWNER_MISSING')
  expect(await strict.lake.catalog.list()).toEqual([])
  await free.load('append', 'a.b', [{ id: 1 }])
  await expectCode(strict.load('append', 'a.b', [{ id: 2 }]), 'TABLE_OWNER_MISSING')
  expect(await strict.rows('a.b')).toEqual([{ id: 1 }])
  await strict.load('append', 'a.b', [{ id: 2 }], { table: owned })
  await strict.load('append', 'a.b', [{ id: 3 }, { id: 'x' }], { load: { maxRejected: 0.5, id: randomUUID() } })
  expect(await strict.rows('a.b')).toHaveLength(3)
  expect(await strict.rows('quarantine.a__b')).toHaveLength(1)
})

test('and publishes none of a load that was blocked before it asked', async () => {
  const table = { key: ['id'] }
  await free.load('append', 'a.d', [{ id: 1 }], { table })
  await expectCode(strict.load('append', 'a.d', [{ id: 2 }], { table }), 'TABLE_OWNER_MISSING')
  expect(await strict.load('append', 'a.d', [{ id: 2 }], { table: { ...table, ...owned } })).toMatchObject({
    published: true,
  })
})
