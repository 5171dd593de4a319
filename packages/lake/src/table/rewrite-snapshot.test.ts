import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { expectCode } from '../testing/expect-code.testsupport.ts'
import { deleteByPosition } from '../testing/delete-by-position.testsupport.ts'
import { liveFiles } from '../testing/live-files.testsupport.ts'
import { icebirdRows } from '../testing/other-readers.testsupport.ts'
import { openTestTables, type TestTables, withoutOurs } from '../testing/test-lake.testsupport.ts'
import { rewriteSnapshot } from './rewrite-snapshot.ts'

let tables: TestTables
beforeAll(async () => {
  tables = await openTestTables()
})
afterAll(() => tables[Symbol.asyncDispose]())

let count = 0
let table: string
beforeEach(() => {
  table = `bronze.r${++count}`
})

const append = (ids: readonly number[]) =>
  tables.load(
    'append',
    table,
    ids.map((id) => ({ id, zone: id % 2 })),
    { table: { partitionBy: ['zone'] } },
  )
const ids = async (): Promise<readonly number[]> =>
  (await tables.rows(table)).map(({ id }) => Number(id)).toSorted((a, b) => a - b)

/** Manifests of what `main` holds. */
async function manifests() {
  const { metadata, pointer, snapshot } = await tables.view(table)
  const place = { location: metadata.location, directory: pointer.directory }
  const list = await tables.lake.manifests.list(place, snapshot?.['manifest-list'] ?? '')
  return Promise.all(
    list.map(async (manifest) => ({ manifest, entries: await tables.lake.manifests.entries(place, manifest) })),
  )
}

const deleteFirstRow = (path: string): Promise<void> => deleteByPosition(tables, table, [[path, 0]])

describe('a rewritten snapshot', () => {
  test('leaves manifests without a removed file as they are, and files that stay with their sequence numbers', async () => {
    await append([1, 2])
    await append([3, 4])
    const [second, first] = await manifests()
    await tables.delete(table, { id: 1 })
    const after = await manifests()
    expect(after.map(({ manifest }) => manifest.path)).toContain(second?.manifest.path)
    const rewritten = after.find(({ manifest }) => ![first, second].some((one) => one?.manifest.path === manifest.path))
    expect(rewritten?.entries.map(({ status, sequenceNumber }) => [status, sequenceNumber]).toSorted()).toEqual([
      ['deleted', 1],
      ['existing', 1],
    ])
    await append([5])
    // What was deleted then is told by that snapshot only.
    await tables.delete(table, { id: 5 })
    expect(
      (await manifests()).flatMap(({ entries }) => entries.filter(({ status }) => status === 'deleted')),
    ).toHaveLength(2)
    expect(await ids()).toEqual([2, 3, 4])
  })

  test('keeps what another engine deleted by position deleted, once, while its files are written anew', async () => {
    await append([1, 3, 5])
    await append([7, 9])
    const [first = '', second = ''] = await liveFiles(tables, table)
    await deleteFirstRow(first)
    await deleteFirstRow(second)
    expect(await ids()).toEqual([3, 5, 9])
    await tables.merge(
      table,
      [
        { id: 5, zone: 1 },
        { id: 11, zone: 1 },
      ],
      { key: ['id'] },
    )
    expect(await ids()).toEqual([3, 5, 9, 11])
    const { metadata, pointer, snapshot } = await tables.view(table)
    expect(snapshot?.summary['total-delete-files']).toBe('1')
    const address = tables.lake.storage.addressOf(pointer.metadataKey)
    const others = (await icebirdRows(address)).map((row) => Number(withoutOurs(row)['id']))
    expect(others.toSorted((a, b) => a - b)).toEqual([3, 5, 9, 11])
    await tables.delete(table, { id: 9 })
    expect(await ids()).toEqual([3, 5, 11])
    const last = await tables.view(table)
    expect(last.snapshot?.summary).toMatchObject({ 'total-delete-files': '0', 'total-records': '3' })
    expect(last.metadata.snapshots).toHaveLength((metadata.snapshots?.length ?? 0) + 1)
  })

  test('of a branch that is not there begins at what main holds; a file that has gone meanwhile is a conflict', async () => {
    await append([1])
    await append([2])
    const { lake } = tables
    const { metadata, pointer } = await tables.view(table)
    const [path = ''] = await liveFiles(tables, table)
    const rewrite = {
      directory: pointer.directory,
      metadata,
      branch: 'load/x',
      snapshotId: lake.platform.newSnapshotId(),
      removed: new Set([path]),
      added: [],
      operation: 'delete',
      summary: {},
    } as const
    const change = await rewriteSnapshot(lake, rewrite)
    expect(change.requirements).toEqual([{ type: 'assert-ref-snapshot-id', ref: 'load/x', 'snapshot-id': null }])
    await lake.catalog.commit({ id: lake.platform.newId(), tables: [{ name: table, ...change }] })
    expect(await ids()).toEqual([1, 2])
    expect(await tables.rows(table, { version: 'load/x' })).toMatchObject([{ id: 2 }])
    await expectCode(rewriteSnapshot(lake, { ...rewrite, removed: new Set(['gone']) }), 'LAKE_COMMIT_CONFLICT')
  })
})
