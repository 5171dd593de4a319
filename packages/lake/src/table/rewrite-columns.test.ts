import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { verifyLake } from '../catalog/verify-lake.ts'
import { notNull, range } from '../checks/check-helpers.ts'
import { pyiceberg } from '../format/pyiceberg.testsupport.ts'
import { rollbackTable } from '../manage/move-refs.ts'
import { schemaVersions } from '../manage/schema-versions.ts'
import { expectCode } from '../testing/expect-code.testsupport.ts'
import { icebirdRows, pyicebergScans } from '../testing/other-readers.testsupport.ts'
import { openTestTables, tablesOf, type TestLoad, type TestTables } from '../testing/test-lake.testsupport.ts'
import type { LakeCatalog } from '../catalog/lake-catalog.ts'
import { publishLoad } from './publish-load.ts'
import type { LoadResult } from './types.ts'

type Row = Record<string, unknown>
const table = 'bronze.t'
const quarantine = 'quarantine.bronze__t'
const rewrite = { contract: { onTypeChange: 'rewrite' }, maxRejected: 0.9 } as const

let tables: TestTables
beforeEach(async () => {
  tables = await openTestTables()
})
afterEach(() => tables[Symbol.asyncDispose]())

const append = (rows: readonly Row[], options: TestLoad = {}): Promise<LoadResult> =>
  tables.load('append', table, rows, { ...options, table: { ...rewrite, ...options.table } })
const rows = async (version?: string): Promise<readonly Row[]> =>
  (await tables.rows(table, { version })).toSorted((a, b) => Number(a['id']) - Number(b['id']))
const values = async (version?: string): Promise<readonly unknown[]> => (await rows(version)).map(({ v }) => v)
const typeOf = async (version?: string): Promise<unknown> =>
  (await tables.view(table, version)).schema.fields.find(({ name }) => name === 'v')?.type

const byText = (a: string, b: string): number => (a < b ? -1 : 1)

describe('a column that cannot hold a value, in a table that is rewritten for it', () => {
  test('becomes the type that holds both, in the commit of the load; older versions read as they were', async () => {
    await append([{ id: 1, v: 1 }])
    const before = await append([{ id: 2, v: 2 }, { id: 3 }])
    const result = await append([{ id: 4, v: 'x' }])
    expect(result).toMatchObject({ rows: 1, rejected: 0 })
    expect(result.schemaChange.rewritten).toEqual([{ column: 'v', from: 'long', to: 'string' }])
    expect(await values()).toEqual(['1', '2', null, 'x'])
    expect([await typeOf(), await typeOf(before.snapshot)]).toEqual(['string', 'long'])
    expect(await values(before.snapshot)).toEqual([1, 2, null])
    expect((await schemaVersions(tables.lake, table)).at(-1)?.changes).toEqual(['v: long → string'])
    const { snapshot, pointer, metadata } = await tables.view(table)
    expect(snapshot?.['parent-snapshot-id']?.toString()).toBe(before.snapshot)
    expect(snapshot?.summary).toMatchObject({ operation: 'overwrite', 'total-records': '4', 'deleted-records': '3' })
    expect(metadata['last-column-id']).toBe(6)
    expect(await verifyLake(tables.lake)).toMatchObject({ problems: [] })
    const file = tables.lake.storage.addressOf(pointer.metadataKey)
    expect((await icebirdRows(file)).map((row) => (row['v'] as string | undefined) ?? 'none').toSorted(byText)).toEqual(
      ['1', '2', 'none', 'x'],
    )
    if (pyiceberg === undefined) return
    const scans = [
      { metadata: file },
      { metadata: file, filter: "v = '2'" },
      { metadata: file, snapshot: before.snapshot },
    ]
    expect(pyicebergScans(scans as never).map((scan) => scan.rows.length)).toEqual([4, 1, 3])
  }, 60_000)

  test.each([
    ['long', [{ v: 1 }], [{ v: 1.5 }], 'double', [1, 1.5]],
    [
      'a date',
      [{ v: '2026-01-01' }],
      [{ v: '2026-01-02 10:00:00' }],
      'timestamp',
      [new Date('2026-01-01'), new Date('2026-01-02T10:00Z')],
    ],
    ['a boolean', [{ v: true }], [{ v: 'maybe' }], 'string', ['true', 'maybe']],
    ['a double', [{ v: 0.1 }], [{ v: 'x' }], 'string', ['0.1', 'x']],
    ['64 bits', [{ v: 1 }], [{ v: 2n ** 64n }], 'decimal(38, 0)', [1, 2n ** 64n]],
  ] as const)('loses nothing: %s', async (_, first, second, type, expected) => {
    await append(first.map((row) => ({ id: 1, ...row })))
    await append(second.map((row) => ({ id: 2, ...row })))
    expect(await typeOf()).toBe(type)
    expect(await values()).toEqual(expected)
  })

  test('stays what it is where anything would be lost, or files are laid out by it: then the row is quarantined', async () => {
    await append([{ id: 1, v: 2n ** 53n + 1n }])
    expect(
      await append([
        { id: 2, v: 1.5 },
        { id: 3, v: 3 },
      ]),
    ).toMatchObject({ rows: 1, rejected: 1 })
    expect([await typeOf(), await values()]).toEqual(['long', [2n ** 53n + 1n, 3]])
    const parts = 'bronze.parts'
    const load = (v: unknown): Promise<LoadResult> =>
      tables.load('append', parts, [{ v: 1 }, { v }], { table: { ...rewrite, partitionBy: ['v'] } })
    await load(2)
    expect(await load('x')).toMatchObject({ rows: 1, rejected: 1 })
  })

  test('stays what it is where nobody asks for more, and fits what is written otherwise', async () => {
    await append([{ id: 1, v: 1 }])
    const asked = { contract: { column: { w: { onTypeChange: 'rewrite' } } } } as const
    expect(
      await append(
        [
          { id: 2, v: 'x' },
          { id: 3, v: 3 },
        ],
        { table: asked },
      ),
    ).toMatchObject({ rejected: 1 })
    const fits = await append([
      { id: 4, v: '4' },
      { id: 5, v: 5.0 },
    ])
    expect([fits.rejected, fits.schemaChange.rewritten, await typeOf()]).toEqual([0, [], 'long'])
    const own = { contract: { column: { v: { onTypeChange: 'rewrite' } } } } as const
    expect((await append([{ id: 6, v: 'x' }], { table: own })).schemaChange.rewritten).toHaveLength(1)
  })

  test('becomes what its author declares anew, whatever the values are', async () => {
    await append([{ id: 1, v: 1 }], { table: { columns: { v: { type: 'long' } } } })
    const kept = await append(
      [
        { id: 2, v: 'x' },
        { id: 3, v: 3 },
      ],
      { table: { columns: { v: { type: 'long' } } } },
    )
    expect(kept).toMatchObject({ rejected: 1 })
    await append([{ id: 4, v: 4 }], { table: { columns: { v: { type: 'string' } } } })
    expect([await typeOf(), await values()]).toEqual(['string', ['1', '3', '4']])
  })

  test('is that of merged, overwritten and replaced rows, too', async () => {
    const options = { table: { ...rewrite, key: ['id'] } }
    await tables.load(
      'append',
      table,
      [
        { id: 1, v: 1 },
        { id: 2, v: 2 },
      ],
      options,
    )
    await tables.load(
      'append',
      table,
      [
        { id: 3, v: 3 },
        { id: 4, v: 4 },
      ],
      options,
    )
    const merged = await tables.merge(
      table,
      [
        { id: 1, v: 'x' },
        { id: 9, v: 'y' },
      ],
      { key: ['id'] },
      options,
    )
    expect(merged).toMatchObject({ inserted: 1, updated: 1, deleted: 0 })
    expect([await typeOf(), await values()]).toEqual(['string', ['x', '2', '3', '4', 'y']])
    await tables.load('append', table, [{ id: 5, w: 1 }], options)
    await tables.overwrite(table, [{ id: 5, w: 'z' }], { id: 5 }, options)
    expect((await rows()).map(({ w }) => w)).toEqual([null, null, null, null, 'z', null])
    await tables.load('replace', table, [{ id: 1, w: 1.5 }], {
      table: { ...rewrite, columns: { w: { type: 'string' } } },
    })
    expect(await rows()).toEqual([{ id: 1, v: null, w: '1.5' }])
  })

  test('is what it was again after a rollback', async () => {
    const { snapshot } = await append([{ id: 1, v: 1 }])
    await append([{ id: 2, v: 'x' }])
    await rollbackTable(tables.lake, table, String(snapshot))
    expect([await typeOf(), await values()]).toEqual(['long', [1]])
    await append([{ id: 2, v: 2 }])
    expect(await values()).toEqual([1, 2])
  })
})

describe('a rewritten column', () => {
  test('is not seen before its load is published', async () => {
    await append([{ id: 1, v: 1 }])
    const checks = [range('id', { max: 5 })]
    const first = await append([{ id: 2, v: 'x' }], { table: { checks } })
    expect([first.published, await values()]).toEqual([true, ['1', 'x']])
    const loads = { load: { id: 'blocked' }, table: { checks } }
    await append([{ id: 3, w: 1 }], { table: { checks } })
    await expectCode(append([{ id: 6, w: 'y' }], loads), 'LOAD_BLOCKED')
    expect((await tables.view(table)).schema.fields.find(({ name }) => name === 'w')?.type).toBe('long')
    expect((await rows()).map(({ w }) => w)).toEqual([null, null, 1])
    // What comes meanwhile has the column as it is.
    await append([{ id: 4, w: 2 }], { table: { checks } })
    const publication = { lake: tables.lake, table, loadId: 'blocked', context: undefined, force: true }
    await expectCode(publishLoad(publication), 'LAKE_COMMIT_CONFLICT')
    expect((await rows()).map(({ w }) => w)).toEqual([null, null, 1, 2])
  })

  test('takes no value away from a load that waits: it is loaded again', async () => {
    const checks = [range('id', { max: 5 })]
    await append([{ id: 1, v: 1 }], { table: { checks } })
    await expectCode(append([{ id: 9, v: 9 }], { load: { id: 'waits' }, table: { checks } }), 'LOAD_BLOCKED')
    await append([{ id: 2, v: 'x' }], { table: { checks } })
    const publication = { lake: tables.lake, table, loadId: 'waits', context: undefined, force: true }
    await expectCode(publishLoad(publication), 'LAKE_COMMIT_CONFLICT')
    expect(await values()).toEqual(['1', 'x'])
  })

  test('takes no value away from rows that were staged for what it was', async () => {
    await append([{ id: 1, v: 1 }])
    let first = true
    const commit: LakeCatalog['commit'] = async (change) => {
      if (first) {
        first = false
        await append([{ id: 2, v: 'x' }])
      }
      return tables.lake.catalog.commit(change)
    }
    const late = tablesOf(tables.base, withCommit(tables.lake.catalog, commit), tables.lake.storage)
    expect(await late.load('append', table, [{ id: 3, v: 3 }])).toMatchObject({ rows: 1, rejected: 0 })
    expect(await values()).toEqual(['1', 'x', '3'])
    await late[Symbol.asyncDispose]()
  })

  test('has what is appended while its table is written anew, and takes no load down that was staged for main', async () => {
    const checks = [notNull('id')]
    await append([{ id: 1, v: 1 }], { table: { checks } })
    await Promise.all([
      append([{ id: 2, v: 'x' }], { table: { checks } }),
      ...[3, 4, 5].map((id) => append([{ id, v: id }], { table: { checks } })),
    ])
    expect(await values()).toEqual(['1', 'x', '3', '4', '5'])
    expect((await tables.rows(quarantine).catch(() => [])).length).toBe(0)
  })
})

function withCommit(catalog: LakeCatalog, commit: LakeCatalog['commit']): LakeCatalog {
  return new Proxy(catalog, {
    get(target, key) {
      if (key === 'commit') return commit
      const member: unknown = Reflect.get(target, key)
      return typeof member === 'function' ? (member.bind(target) as unknown) : member
    },
  })
}
