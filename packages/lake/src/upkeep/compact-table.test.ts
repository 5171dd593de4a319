import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { verifyLake } from '../catalog/verify-lake.ts'
import { datasetContent } from '../format/dataset-version.ts'
import { pyiceberg } from '../format/pyiceberg.testsupport.ts'
import { expectCode } from '../testing/expect-code.testsupport.ts'
import { deleteByPosition } from '../testing/delete-by-position.testsupport.ts'
import { liveFiles } from '../testing/live-files.testsupport.ts'
import { icebirdRows, pyicebergScans } from '../testing/other-readers.testsupport.ts'
import { openTestTables, tablesOf, type TestTables } from '../testing/test-lake.testsupport.ts'
import type { OpenLake } from '../table/lake.ts'
import { compactTable } from './compact-table.ts'

let tables: TestTables
beforeEach(async () => {
  tables = await openTestTables()
})
afterEach(() => tables[Symbol.asyncDispose]())

const name = 'bronze.t'
const append = async (rows: readonly object[], table: object = {}): Promise<string> =>
  String((await tables.load('append', name, rows, { table })).snapshot)
const sorted = (rows: readonly Record<string, unknown>[]): readonly string[] =>
  rows.map((row) => JSON.stringify(row)).toSorted()

async function files(): Promise<number> {
  const { snapshot } = await tables.view(name)
  return Number(snapshot?.summary['total-data-files'])
}

describe('small files', () => {
  test('become one of each partition; rows, old versions and what a condition finds stay', async () => {
    const versions = new Map<string, readonly string[]>()
    for (let id = 1; id <= 12; id += 1) {
      const version = await append([{ id, zone: id % 2 }], { partitionBy: ['zone'] })
      versions.set(version, sorted(await tables.rows(name)))
    }
    const last = sorted(await tables.rows(name))
    expect(await compactTable(tables.lake, name)).toMatchObject({ files: 12, into: 2, snapshot: expect.any(String) })
    expect(await files()).toBe(2)
    expect(sorted(await tables.rows(name))).toEqual(last)
    expect(await tables.rows(name, { where: { zone: 1, id: { gte: 9 } } })).toHaveLength(2)
    for (const [version, rows] of versions) expect(sorted(await tables.rows(name, { version }))).toEqual(rows)
    const { snapshot, pointer, metadata: compacted } = await tables.view(name)
    expect(String(datasetContent(compacted).snapshotId)).toBe([...versions.keys()].at(-1))
    expect(snapshot?.summary).toMatchObject({ operation: 'replace', 'total-records': '12', 'deleted-data-files': '12' })
    expect(await verifyLake(tables.lake)).toMatchObject({ problems: [] })
    expect(await compactTable(tables.lake, name)).toMatchObject({ snapshot: undefined, files: 0 })
    const metadata = tables.lake.storage.addressOf(pointer.metadataKey)
    expect(await icebirdRows(metadata)).toHaveLength(12)
    if (pyiceberg === undefined) return
    const [all, some] = pyicebergScans([{ metadata }, { metadata, filter: 'zone = 1 and id >= 9' }])
    expect([all?.rows.length, some?.rows.length]).toEqual([12, 2])
  }, 60_000)

  test('from which another engine deleted rows by position are written without them, and the deletes go, and no others', async () => {
    for (const id of [1, 3, 5, 2, 4])
      await append(
        [id, id + 10].map((each) => ({ id: each, zone: id % 2 })),
        { partitionBy: ['zone'] },
      )
    const paths = await liveFiles(tables, name)
    const odd: string[] = []
    const even: string[] = []
    for (const path of paths) {
      const { metadata, pointer, snapshot } = await tables.view(name)
      const place = { location: metadata.location, directory: pointer.directory }
      const list = await tables.lake.manifests.list(place, snapshot?.['manifest-list'] ?? '')
      const entries = (await Promise.all(list.map((each) => tables.lake.manifests.entries(place, each)))).flat()
      const zone = entries.find(({ file }) => file.path === path)?.file.partition[0]
      ;(Number(zone) === 1 ? odd : even).push(path)
    }
    const rows = async (): Promise<readonly number[]> =>
      (await tables.rows(name)).map(({ id }) => Number(id)).toSorted((a, b) => a - b)
    // Files of both partitions; in one of them the first row of two of its files, in one file of deletes.
    await deleteByPosition(
      tables,
      name,
      odd.slice(0, 2).map((path) => [path, 0] as const),
    )
    const left = await rows()
    expect(left).toHaveLength(8)
    const before = String((await tables.view(name)).snapshot?.['snapshot-id'])
    // What comes after the deletes is not for them, and keeps its place.
    await append([{ id: 100, zone: 1 }])
    const summary = async (): Promise<unknown> => (await tables.view(name)).snapshot?.summary
    expect(await summary()).toMatchObject({ 'total-delete-files': '1' })
    expect(await compactTable(tables.lake, name, { leastFiles: 99 })).toMatchObject({ files: 4, into: 1 })
    expect(await summary()).toMatchObject({
      'total-delete-files': '0',
      'total-records': '9',
      'removed-delete-files': '1',
    })
    expect(await liveFiles(tables, name)).toEqual(expect.arrayContaining(even))
    expect(await rows()).toEqual([...left, 100])
    expect(
      (await tables.rows(name, { version: before })).map(({ id }) => Number(id)).toSorted((a, b) => a - b),
    ).toEqual(left)
    expect(await compactTable(tables.lake, name, { leastFiles: 99 })).toMatchObject({ files: 0 })
    expect(await verifyLake(tables.lake)).toMatchObject({ problems: [] })
    const metadata = tables.lake.storage.addressOf((await tables.view(name)).pointer.metadataKey)
    expect(await icebirdRows(metadata)).toHaveLength(9)
    if (pyiceberg === undefined) return
    const [now, then] = pyicebergScans([{ metadata }, { metadata, snapshot: before }])
    expect([now?.rows.length, then?.rows.length]).toEqual([9, 8])
  }, 60_000)

  test('that are few stay, and those of the size that is asked for', async () => {
    for (let id = 1; id <= 4; id += 1) await append([{ id }])
    expect(await compactTable(tables.lake, name)).toMatchObject({ files: 0 })
    for (let id = 5; id <= 6; id += 1) await append([{ id }])
    expect(await compactTable(tables.lake, name, { targetBytes: 100 })).toMatchObject({ files: 0 })
    expect(await compactTable(tables.lake, name)).toMatchObject({ files: 6, into: 1 })
  })

  test('are compacted while others append: no row is lost, and none is there twice', async () => {
    for (let id = 1; id <= 6; id += 1) await append([{ id }])
    const [compacted] = await Promise.all([
      compactTable(tables.lake, name),
      ...[7, 8, 9, 10].map((id) => append([{ id }])),
    ])
    expect(compacted.snapshot).toBeDefined()
    expect((await tables.rows(name)).map((row) => row['id']).toSorted((a, b) => Number(a) - Number(b))).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
    ])
  })

  test('that are gone when it comes to the commit are not brought back', async () => {
    for (let id = 1; id <= 6; id += 1) await append([{ id }])
    let calls = 0
    const commit: OpenLake['catalog']['commit'] = async (change) => {
      calls += 1
      // Somebody whose lease was lost, or who needs none.
      if (calls === 1) await replaceWithoutLease()
      return tables.lake.catalog.commit(change)
    }
    const catalog = new Proxy(tables.lake.catalog, {
      get: (target, key) => {
        if (key === 'commit') return commit
        const member: unknown = Reflect.get(target, key)
        return typeof member === 'function' ? (member.bind(target) as unknown) : member
      },
    })
    expect(await compactTable({ ...tables.lake, catalog }, name)).toMatchObject({ snapshot: undefined })
    expect(await tables.rows(name)).toEqual([{ id: 99 }])
  })

  test('of a table that is not there, or a size that is none, are refused', async () => {
    await expectCode(compactTable(tables.lake, name), 'TABLE_NOT_FOUND')
    await expectCode(compactTable(tables.lake, name, { targetBytes: 0 }), 'OPTION_INVALID')
    await expectCode(compactTable(tables.lake, name, { target: 1 } as object), 'OPTION_UNKNOWN')
  })
})

/** A replacement while another has the table's lease. */
async function replaceWithoutLease(): Promise<void> {
  const { catalog } = tables.lake
  const lease = (): ReturnType<typeof catalog.lease> =>
    Promise.resolve({ epoch: 0, [Symbol.asyncDispose]: () => Promise.resolve() })
  const commit: typeof catalog.commit = (change) =>
    catalog.commit({ ...change, tables: change.tables.map(({ lease: _none, ...each }) => each) })
  const unruly = new Proxy(catalog, {
    get: (target, key) => {
      if (key === 'lease' || key === 'commit') return { lease, commit }[key]
      const member: unknown = Reflect.get(target, key)
      return typeof member === 'function' ? (member.bind(target) as unknown) : member
    },
  })
  await tablesOf(tables.base, unruly, tables.lake.storage).load('replace', name, [{ id: 99 }])
}
