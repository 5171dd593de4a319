import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { verifyLake } from '../catalog/verify-lake.ts'
import { rollbackTable } from '../manage/move-refs.ts'
import { tagTable } from '../manage/tag-table.ts'
import { platform } from '../platform.ts'
import { expectCode } from '../testing/expect-code.testsupport.ts'
import { openTestTables, type TestTables } from '../testing/test-lake.testsupport.ts'
import type { OpenLake } from '../table/lake.ts'
import { expireTable } from './expire-table.ts'
import { finishDeletions } from './finish-deletions.ts'
import { plannedDeletions } from './planned-deletion.ts'

let tables: TestTables
let now: number
let lake: OpenLake
beforeEach(async () => {
  tables = await openTestTables()
  now = Date.now()
  lake = { ...tables.lake, platform: { ...platform, now: () => now } }
})
afterEach(() => tables[Symbol.asyncDispose]())

const name = 'bronze.t'
const replace = async (id: number): Promise<string> => String((await tables.load('replace', name, [{ id }])).snapshot)
const append = async (id: number): Promise<string> => String((await tables.load('append', name, [{ id }])).snapshot)
const ids = async (version?: string): Promise<readonly unknown[]> =>
  (await tables.rows(name, { version })).map((row) => row['id']).toSorted((a, b) => Number(a) - Number(b))

async function dataFiles(): Promise<number> {
  return filesIn('data/')
}

async function filesIn(part: string): Promise<number> {
  const { pointer } = await tables.view(name)
  let count = 0
  for await (const _file of lake.storage.list(`${pointer.directory}/${part}`)) count += 1
  return count
}

describe('old versions', () => {
  test('are forgotten, and the files that only they had go when the grace is over', async () => {
    const versions = [await replace(1), await replace(2), await append(3)]
    now += 10_000
    expect(await expireTable(lake, name, { olderThan: 0, dryRun: true })).toMatchObject({
      snapshots: versions.slice(0, 2),
      deleted: 0,
    })
    const expired = await expireTable(lake, name, { olderThan: 0 })
    expect(expired).toMatchObject({ snapshots: versions.slice(0, 2), refs: [], deleted: 0 })
    // The file and the manifest of the first version, and the lists of both.
    expect(expired.waiting).toBe(4)
    await expectCode(ids(versions[1]), 'TABLE_VERSION_NOT_FOUND')
    expect(await dataFiles()).toBe(3)
    now += 3_599_000
    expect(await finishDeletions(lake, { graceMs: 3_600_000 })).toEqual({ deleted: 0, waiting: 4 })
    const before = await filesIn('')
    now += 1_000
    expect(await finishDeletions(lake, { graceMs: 3_600_000 })).toEqual({ deleted: 4, waiting: 0 })
    expect(await filesIn('')).toBe(before - 4)
    expect(await dataFiles()).toBe(2)
    expect(await ids()).toEqual([2, 3])
    expect(await verifyLake(lake)).toMatchObject({ problems: [] })
    expect(await plannedDeletions(lake.storage)).toEqual([])
  })

  test('stay while a tag or a branch has them', async () => {
    const first = await replace(1)
    await tagTable(lake, name, 'audited')
    await replace(2)
    const last = await replace(3)
    await rollbackTable(lake, name, first)
    now += 10_000
    const { snapshots } = await expireTable(lake, name, { olderThan: 0, grace: 0 })
    expect(snapshots).toHaveLength(2)
    expect(snapshots).toContain(last)
    expect(await ids('audited')).toEqual([1])
    expect(await ids()).toEqual([1])
    expect(await verifyLake(lake)).toMatchObject({ problems: [] })
  })

  test('go by what the table says of itself', async () => {
    const first = await tables.load('append', name, [{ id: 1 }], { table: { retain: '2y' } })
    await append(2)
    const { metadata } = await tables.view(name)
    expect(metadata.properties).toMatchObject({ 'history.expire.max-snapshot-age-ms': String(2 * 365 * 86_400_000) })
    now += 700 * 86_400_000
    expect(await expireTable(lake, name)).toMatchObject({ snapshots: [] })
    now += 40 * 86_400_000
    expect(await expireTable(lake, name)).toMatchObject({ snapshots: [first.snapshot] })
  })

  test('are left when somebody tags one of them meanwhile', async () => {
    const first = await replace(1)
    await replace(2)
    now += 10_000
    let calls = 0
    const commit: OpenLake['catalog']['commit'] = async (change) => {
      calls += 1
      if (calls === 1) await tagTable(tables.lake, name, 'saved', { version: first })
      return lake.catalog.commit(change)
    }
    const racing = {
      ...lake,
      catalog: Object.assign(Object.create(null), { ...methodsOf(lake), commit }) as OpenLake['catalog'],
    }
    expect(await expireTable(racing, name, { olderThan: 0, grace: 0 })).toMatchObject({ snapshots: [], deleted: 0 })
    expect(await ids('saved')).toEqual([1])
    expect(await plannedDeletions(lake.storage)).toEqual([])
  })

  test('of a table that is not there, or options that are none, are refused', async () => {
    await expectCode(expireTable(lake, name), 'TABLE_NOT_FOUND')
    await replace(1)
    await expectCode(expireTable(lake, name, { keep: 0 }), 'OPTION_INVALID')
    await expectCode(expireTable(lake, name, { olderThan: '5 days' as '5d' }), 'OPTION_INVALID')
    await expectCode(expireTable(lake, name, { older: '5d' } as object), 'OPTION_UNKNOWN')
  })
})

function methodsOf({ catalog }: OpenLake): Partial<OpenLake['catalog']> {
  return {
    id: catalog.id,
    find: (table) => catalog.find(table),
    metadata: (pointer) => catalog.metadata(pointer),
    load: (...args) => catalog.load(...args),
  }
}

test('a planned deletion of files that are still reached, or whose table cannot be found, deletes none of them', async () => {
  await replace(1)
  const { pointer } = await tables.view(name)
  const files: string[] = []
  for await (const { key } of lake.storage.list(`${pointer.directory}/`)) files.push(key)
  const { writeDeletion } = await import('./planned-deletion.ts')
  const of = { table: name, tableId: pointer.id, directory: pointer.directory, at: now, files }
  const reached = files.filter((file) => !file.includes('.committed') && !file.includes('.metadata.json'))
  await writeDeletion(lake.storage, 'other', { ...of, directory: 'bronze/t-00000000' })
  expect(await finishDeletions(lake, { graceMs: 0 })).toMatchObject({ deleted: 0, waiting: files.length })
  await writeDeletion(lake.storage, 'one', { ...of, files: reached })
  expect(await finishDeletions(lake, { graceMs: 0 })).toMatchObject({ deleted: 0 })
  expect(await ids()).toEqual([1])
  expect(await verifyLake(lake)).toMatchObject({ problems: [] })
})
