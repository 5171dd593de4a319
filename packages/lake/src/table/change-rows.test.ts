import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { expectCode } from '../testing/expect-code.testsupport.ts'
import { openTestTables, tablesOf, type TestTables } from '../testing/test-lake.testsupport.ts'
import type { LakeCommit } from '../catalog/lake-catalog.ts'
import { createLake } from '../catalog/embedded-lake.testsupport.ts'
import { liveFiles } from '../testing/live-files.testsupport.ts'
import { startScript } from '../testing/processes.testsupport.ts'
import { bucket } from './partition-helpers.ts'

type Row = Readonly<Record<string, unknown>>

let tables: TestTables
beforeAll(async () => {
  tables = await openTestTables()
})
afterAll(() => tables[Symbol.asyncDispose]())

let count = 0
let table: string
beforeEach(() => {
  table = `bronze.c${++count}`
})

const append = (rows: readonly Row[], options = {}) => tables.load('append', table, rows, options)
const ordered = async (): Promise<readonly Row[]> =>
  (await tables.rows(table)).toSorted((a, b) => Number(a['id']) - Number(b['id']))
const files = () => liveFiles(tables, table)

describe('a deletion', () => {
  test('takes away the rows that fulfil its condition, and leaves files without one as they are', async () => {
    await append([{ id: 1, zone: 'a' }])
    await append([
      { id: 2, zone: 'a' },
      { id: 3, zone: 'b' },
    ])
    const [first, second] = await files()
    const result = await tables.delete(table, { zone: 'b' })
    expect(result).toMatchObject({ inserted: 0, updated: 0, deleted: 1, rows: 0, published: true, repeated: false })
    expect(await ordered()).toEqual([
      { id: 1, zone: 'a' },
      { id: 2, zone: 'a' },
    ])
    const now = await files()
    expect(now).toHaveLength(2)
    expect(now).toContain(first)
    expect(now).not.toContain(second)
  })

  test('of all rows of a file takes the file away without writing anything', async () => {
    await append([{ id: 1 }])
    await append([{ id: 2 }, { id: 3 }])
    const [first] = await files()
    const { deleted } = await tables.delete(table, { id: { gte: 2 } })
    expect(deleted).toBe(2)
    expect(await files()).toEqual([first])
    const { snapshot } = await tables.view(table)
    expect(snapshot?.summary).toMatchObject({
      operation: 'delete',
      'deleted-data-files': '1',
      'deleted-records': '2',
      'total-data-files': '1',
      'total-records': '1',
    })
    expect(Number(snapshot?.summary['total-files-size'])).toBeGreaterThan(0)
  })

  test('keeps rows whose condition is unknown: null is not less than anything', async () => {
    await append([
      { id: 1, fare: null },
      { id: 2, fare: 5 },
      { id: 3, fare: 50 },
    ])
    await tables.delete(table, { fare: { lt: 10 } })
    expect((await ordered()).map(({ id }) => id)).toEqual([1, 3])
  })

  test('that nothing fulfils makes no version; the same one again gives the same result', async () => {
    await append([{ id: 1 }, { id: 2 }])
    expect(await tables.delete(table, { id: 9 })).toMatchObject({ snapshot: undefined, deleted: 0 })
    const first = await tables.delete(table, { id: 1 }, { id: 'mine' })
    expect(await tables.delete(table, { id: 1 }, { id: 'mine' })).toEqual({ ...first, repeated: true })
    expect((await tables.view(table)).metadata.snapshots).toHaveLength(2)
  })

  test('of every row is refused, as is one of a column that is not there', async () => {
    await append([{ id: 1 }])
    await expectCode(tables.delete(table, {}), 'OPTION_INVALID')
    await expectCode(tables.delete(table, { id: undefined }), 'OPTION_INVALID')
    await expectCode(tables.delete(table, { no: 1 }), 'TABLE_COLUMN_UNKNOWN')
    await expectCode(tables.delete('bronze.none', { id: 1 }), 'TABLE_NOT_FOUND')
    expect(await tables.rows(table)).toHaveLength(1)
  })

  test('leaves older versions as they were', async () => {
    const { snapshot } = await append([{ id: 1 }, { id: 2 }])
    await tables.delete(table, { id: 1 })
    expect(await tables.rows(table, { version: BigInt(snapshot ?? 0) })).toHaveLength(2)
  })
})

describe('an overwrite', () => {
  test('puts the rows of its source into the place of those that fulfil its condition', async () => {
    await append([
      { id: 1, day: 'mon' },
      { id: 2, day: 'tue' },
      { id: 3, day: 'tue' },
    ])
    const result = await tables.overwrite(table, [{ id: 9, day: 'tue' }], { day: 'tue' })
    expect(result).toMatchObject({ rows: 1, inserted: 1, deleted: 2, updated: 0 })
    expect(await ordered()).toEqual([
      { id: 1, day: 'mon' },
      { id: 9, day: 'tue' },
    ])
    const { metadata, snapshot } = await tables.view(table)
    expect(metadata.snapshots).toHaveLength(2)
    expect(snapshot?.summary).toMatchObject({ operation: 'overwrite', 'total-records': '2', 'total-data-files': '2' })
  })

  test('refuses a row that its condition does not name, or of which it is not known', async () => {
    await append([{ id: 1, day: 'mon' }])
    await expectCode(tables.overwrite(table, [{ id: 2, day: 'tue' }], { day: 'mon' }), 'LOAD_OUTSIDE_WHERE')
    await expectCode(tables.overwrite(table, [{ id: 2, day: null }], { day: 'mon' }), 'LOAD_OUTSIDE_WHERE')
    expect(await ordered()).toEqual([{ id: 1, day: 'mon' }])
  })

  test('adds columns that the source brings', async () => {
    await append([{ id: 1, day: 'mon' }])
    await tables.overwrite(table, [{ id: 2, day: 'tue', fare: 2.5 }], { day: 'tue' })
    expect(await ordered()).toEqual([
      { id: 1, day: 'mon', fare: null },
      { id: 2, day: 'tue', fare: 2.5 },
    ])
  })
})

describe('a merge', () => {
  test('replaces the rows that have a key of the load and adds the others, in one version', async () => {
    await append([
      { id: 1, name: 'a' },
      { id: 2, name: 'b' },
    ])
    const result = await tables.merge(
      table,
      [
        { id: 2, name: 'B' },
        { id: 3, name: 'c' },
      ],
      { key: ['id'] },
    )
    expect(result).toMatchObject({ rows: 2, rejected: 0, inserted: 1, updated: 1, deleted: 0, published: true })
    expect(await ordered()).toEqual([
      { id: 1, name: 'a' },
      { id: 2, name: 'B' },
      { id: 3, name: 'c' },
    ])
    const { metadata, snapshot } = await tables.view(table)
    expect(metadata.snapshots).toHaveLength(2)
    expect(snapshot?.summary).toMatchObject({ 'total-records': '3', 'total-data-files': '1' })
  })

  test('opens only files that may hold a key, and writes only those anew that do', async () => {
    for (const from of [0, 10, 20]) await append([{ id: from }, { id: from + 5 }])
    const before = await files()
    await tables.merge(table, [{ id: 10, name: 'x' }, { id: 12 }], { key: ['id'] })
    const after = await files()
    expect(after).toHaveLength(3)
    expect(before.filter((path) => after.includes(path))).toEqual([before[0], before[2]])
  })

  test('goes by the key of the table; without any it is refused', async () => {
    await tables.merge(table, [{ id: 1, n: 1 }], {}, { table: { key: ['id'] } })
    expect(await tables.merge(table, [{ id: 1, n: 2 }])).toMatchObject({ updated: 1, inserted: 0 })
    expect(await tables.rows(table)).toEqual([{ id: 1, n: 2 }])
    await tables.load('append', `${table}x`, [{ id: 1 }])
    await expectCode(tables.merge(`${table}x`, [{ id: 1 }]), 'TABLE_KEY_MISSING')
    await expectCode(tables.merge(`${table}x`, [{ id: 1 }], { key: ['no'] }), 'TABLE_COLUMN_UNKNOWN')
  })

  test('of two rows with one key is refused, or takes the last by its sequence', async () => {
    const rows = [
      { id: 1, at: 2, name: 'late' },
      { id: 1, at: 1, name: 'early' },
      { id: 2, at: 1, name: 'other' },
    ]
    await expectCode(tables.merge(table, rows, { key: ['id'] }), 'LOAD_DUPLICATE_KEY')
    const result = await tables.merge(table, rows, { key: ['id'], sequenceBy: 'at' })
    expect(result).toMatchObject({ rows: 2, inserted: 2 })
    expect((await ordered()).map(({ name }) => name)).toEqual(['late', 'other'])
    const { pointer } = await tables.view(table)
    const [entry] = await tables.lake.catalog.loads(pointer.id)
    expect(entry).toMatchObject({
      operation: 'merge',
      counts: { records: 3, loaded: 2, filtered: 1, quarantined: 0 },
      changes: { inserted: 2, updated: 0, deleted: 0 },
    })
  })

  test('of equal rows by the sequence takes the later one of the load', async () => {
    const rows = [1, 2, 3].map((n) => ({ id: 1, at: 1, n }))
    await tables.merge(table, rows, { key: ['id'], sequenceBy: 'at' })
    expect((await ordered()).map(({ n }) => n)).toEqual([3])
  })

  test('does not replace a newer row by an older one, and one without a sequence by none', async () => {
    await append([
      { id: 1, at: 5, name: 'new' },
      { id: 2, at: 1, name: 'old' },
      { id: 3, at: null, name: 'none' },
      { id: 4, at: 1, name: 'has' },
    ])
    const result = await tables.merge(
      table,
      [
        { id: 1, at: 3, name: 'x' },
        { id: 2, at: 1, name: 'same' },
        { id: 3, at: 1, name: 'some' },
        { id: 4, at: null, name: 'x' },
      ],
      { key: ['id'], sequenceBy: 'at' },
    )
    expect(result).toMatchObject({ rows: 2, updated: 2, inserted: 0, deleted: 0 })
    expect((await ordered()).map(({ name }) => name)).toEqual(['new', 'same', 'some', 'has'])
  })

  test('puts rows without a key into the quarantine', async () => {
    await append([{ id: 1, name: 'a' }])
    const rows = Array.from({ length: 200 }, (_, i) => ({ id: i === 7 ? null : i + 1, name: 'b' }))
    const result = await tables.merge(table, rows, { key: ['id'] })
    expect(result).toMatchObject({ rows: 199, rejected: 1, updated: 1, inserted: 198 })
    const rejected = await tables.rows(`quarantine.${table.replace('.', '__')}`)
    expect(rejected).toMatchObject([{ reason: 'VALUE_MISSING', column_name: 'id', record: 8 }])
  })

  test('that only inserts leaves rows with a known key out, and touches no file', async () => {
    await append([{ id: 1, name: 'a' }])
    const [first] = await files()
    const result = await tables.merge(
      table,
      [
        { id: 1, name: 'x' },
        { id: 2, name: 'b' },
      ],
      { key: ['id'], mode: 'insert-only' },
    )
    expect(result).toMatchObject({ rows: 1, inserted: 1, updated: 0, deleted: 0 })
    expect(await ordered()).toEqual([
      { id: 1, name: 'a' },
      { id: 2, name: 'b' },
    ])
    expect(await files()).toContain(first)
    const { pointer } = await tables.view(table)
    expect((await tables.lake.catalog.loads(pointer.id))[0]?.counts).toMatchObject({
      records: 2,
      loaded: 1,
      filtered: 1,
    })
    const again = await tables.merge(table, [{ id: 1, name: 'x' }], { key: ['id'], mode: 'insert-only' })
    expect(again).toMatchObject({ snapshot: undefined, rows: 0, inserted: 0 })
  })

  test('that deletes and inserts takes all rows of a key for all rows of the load', async () => {
    await append([
      { id: 1, line: 1 },
      { id: 1, line: 2 },
      { id: 2, line: 1 },
    ])
    const result = await tables.merge(
      table,
      [
        { id: 1, line: 7 },
        { id: 3, line: 8 },
        { id: 3, line: 9 },
      ],
      { key: ['id'], mode: 'delete-insert' },
    )
    expect(result).toMatchObject({ rows: 3, inserted: 3, updated: 0, deleted: 2 })
    expect((await ordered()).map(({ id, line }) => [id, line])).toEqual([
      [1, 7],
      [2, 1],
      [3, 8],
      [3, 9],
    ])
  })

  test('of a key that is there several times leaves one row', async () => {
    await append([
      { id: 1, n: 1 },
      { id: 1, n: 2 },
    ])
    expect(await tables.merge(table, [{ id: 1, n: 3 }], { key: ['id'] })).toMatchObject({ updated: 1, deleted: 1 })
    expect(await tables.rows(table)).toEqual([{ id: 1, n: 3 }])
  })

  test('goes by keys of several columns, and by any plain type', async () => {
    const key = ['text', 'day', 'amount']
    const row = (text: string, day: string, amount: string, n: number): Row => ({ text, day, amount, n })
    const columns = { day: { type: 'date' }, amount: { type: 'decimal(9, 2)' } }
    await tables.load('append', table, [row("a'b", '2026-01-01', '1.50', 1), row("a'b", '2026-01-02', '1.50', 2)], {
      table: { columns, partitionBy: ['day', bucket('text', 4)] },
    })
    await tables.merge(table, [row("a'b", '2026-01-02', '1.50', 3), row('c', '2026-01-02', '1.50', 4)], { key })
    expect((await tables.rows(table)).map(({ n }) => Number(n)).toSorted((a, b) => a - b)).toEqual([1, 3, 4])
  })

  test('adds columns, widens types, and is the same load when it comes again', async () => {
    await append([{ id: 1, n: 1 }])
    const merge = () => tables.merge(table, [{ id: 1, n: 2, more: 'm' }], { key: ['id'] }, { load: { id: 'one' } })
    const first = await merge()
    expect(first.schemaChange.added).toEqual(['more'])
    expect(await merge()).toEqual({
      ...first,
      schemaChange: { added: [], widened: [], rewritten: [], missing: [] },
      repeated: true,
    })
    expect(await tables.rows(table)).toEqual([{ id: 1, n: 2, more: 'm' }])
  })
})

describe('changes by several at once', () => {
  const [writers = 3, turns = 3] = (process.env['CHANGERS'] ?? '3x3').split('x').map(Number)

  test(`of ${writers} processes lose no row and leave none twice`, async () => {
    await using lake = await createLake()
    const script = new URL('change-rows.fixture.ts', import.meta.url)
    const started = Array.from({ length: writers }, (_, writer) =>
      startScript(script, [lake.target, lake.root, String(writer), String(turns)]),
    )
    for (const { ended, lines } of started) {
      await ended
      expect(lines()).toHaveLength(turns)
    }
    await using seen = tablesOf(lake, lake.catalog, lake.storage)
    const ids = (await seen.rows('a.b')).map(({ id }) => String(id)).toSorted((a, b) => (a < b ? -1 : 1))
    const all = Array.from({ length: writers }, (_, writer) => [
      ...Array.from({ length: turns }, (__, at) => `append ${writer}-${at}`),
      `merge ${writer}-${turns - 1}`,
    ])
    expect(ids).toEqual([...all.flat(), 'shared'].toSorted((a, b) => (a < b ? -1 : 1)))
  }, 60_000)

  test('are planned again when an append was first, and the source is not asked again', async () => {
    await append([{ id: 1, n: 0 }])
    let asked = 0
    const once = (function* () {
      asked += 1
      yield { id: 1, n: 1 }
      yield { id: 2, n: 1 }
    })()
    const second = await tables.base.open()
    let first = true
    const catalog = new Proxy(tables.lake.catalog, {
      get(target, name) {
        if (name === 'commit')
          return async (change: LakeCommit) => {
            if (first) {
              first = false
              await append([{ id: 2, n: 0 }])
            }
            return target.commit(change)
          }
        const value = Reflect.get(target, name) as unknown
        return typeof value === 'function' ? (value.bind(target) as unknown) : value
      },
    })
    await using racing = tablesOf(tables.base, catalog, second.storage)
    expect(await racing.merge(table, once, { key: ['id'] })).toMatchObject({ updated: 2, inserted: 0 })
    expect(asked).toBe(1)
    expect(await ordered()).toEqual([
      { id: 1, n: 1 },
      { id: 2, n: 1 },
    ])
  })
})
