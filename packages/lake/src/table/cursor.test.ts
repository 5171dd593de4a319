import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Cursor, cursor, type CursorOptions } from '../ingest/cursor/cursor.ts'
import { rollbackTable } from '../manage/move-refs.ts'
import { expectCode } from '../testing/expect-code.testsupport.ts'
import { openTestTables, type TestTables } from '../testing/test-lake.testsupport.ts'
import { windowLoadId } from './load-window.ts'
import type { LoadOptions, LoadResult } from './types.ts'

const table = 'bronze.orders'
let tables: TestTables
beforeEach(async () => {
  tables = await openTestTables()
})
afterEach(() => tables[Symbol.asyncDispose]())

type Row = Record<string, unknown>
const load = (rows: unknown, at: Cursor, more: LoadOptions<Row> = {}): Promise<LoadResult> =>
  tables.load('append', table, rows, { load: { ...more, cursor: at } })
const by = (options: CursorOptions = {}): Cursor => cursor('at', options)
const ids = async (): Promise<readonly unknown[]> =>
  (await tables.rows(table)).map(({ id }) => id).toSorted((a, b) => Number(a) - Number(b))
const minute = (n: number): Date => new Date(Date.UTC(2026, 0, 1, 10, n))
const row = (id: number, at: unknown): Row => ({ id, at })

describe('a cursor', () => {
  test('takes only what is later than before, and says how many it left out', async () => {
    await load([row(1, minute(1)), row(2, minute(2))], by())
    const second = await load([row(1, minute(1)), row(2, minute(2)), row(3, minute(3))], by())
    expect(second).toMatchObject({ rows: 1 })
    expect(await ids()).toEqual([1, 2, 3])
    const { pointer } = await tables.view(table)
    expect((await tables.lake.catalog.load(pointer.id, second.loadId))?.counts).toEqual({
      records: 3,
      loaded: 1,
      quarantined: 0,
      discarded: 0,
      filtered: 2,
    })
  })

  test('takes other rows that come late with the last value, and none of them twice', async () => {
    await load([row(1, 5), row(2, 5)], by())
    await load([row(1, 5), row(2, 5), row(3, 5), row(4, 4)], by())
    await load([row(3, 5), row(5, 5)], by())
    await load([row(1, 5), row(3, 5), row(5, 5)], by())
    expect(await ids()).toEqual([1, 2, 3, 5])
  })

  test('makes no version when nothing is new', async () => {
    await load([row(1, 5)], by())
    expect(await load([row(1, 5)], by())).toMatchObject({ rows: 0, snapshot: undefined })
    expect((await tables.view(table)).metadata.snapshots).toHaveLength(1)
  })

  test.each([
    ['times', (n: number) => minute(n), '2m' as const],
    ['dates', (n: number) => `2026-01-${String(n).padStart(2, '0')}`, '2d' as const],
    ['numbers', (n: number) => n, 2],
  ])('with a lag looks back at rows that come late: %s', async (_, at, lag) => {
    await load([row(1, at(10))], by({ lag }))
    await load([row(1, at(10)), row(2, at(8)), row(3, at(7))], by({ lag }))
    await load([row(1, at(10)), row(2, at(8)), row(4, at(9)), row(5, at(11))], by({ lag }))
    await load([row(2, at(8)), row(4, at(9)), row(6, at(9))], by({ lag }))
    expect(await ids()).toEqual([1, 2, 4, 5, 6])
  })

  test('knows rows by a key, when that is said: other values of the same row are no other row', async () => {
    await load([{ ...row(1, 5), fare: 1 }], by({ dedupe: ['id'] }))
    await load([{ ...row(1, 5), fare: 2 }], by({ dedupe: ['id'] }))
    await load([{ ...row(1, 6), fare: 3 }], by({ dedupe: ['id'] }))
    expect((await tables.rows(table)).map(({ fare }) => fare)).toEqual(expect.arrayContaining([1, 3]))
    await load([row(2, 6)], by({ dedupe: false }))
    expect(await ids()).toEqual([1, 1])
  })

  test('goes down, begins where it is told to, or goes by an order of its own', async () => {
    await load([row(1, 5), row(2, 9), row(3, 7)], by({ order: 'min', initial: 7 }))
    await load([row(4, 4), row(5, 6)], by({ order: 'min', initial: 7 }))
    expect(await ids()).toEqual([1, 3, 4])
    const sizes = ['S', 'M', 'L', 'XL']
    const order = (a: string, b: string): number => sizes.indexOf(a) - sizes.indexOf(b)
    await load([{ id: 10, at: 5, size: 'M' }], cursor('size', { order }))
    await load(
      ['S', 'M', 'L'].map((size, i) => ({ id: 11 + i, at: 5, size })),
      cursor('size', { order }),
    )
    await load(
      ['M', 'L', 'XL'].map((size, i) => ({ id: 12 + i, at: 5, size })),
      cursor('size', { order }),
    )
    expect(await ids()).toEqual([1, 3, 4, 10, 12, 13, 14])
  })

  test('of files reads their texts, and rejects values that are none', async () => {
    const directory = await mkdtemp(path.join(tmpdir(), 'sluice-cursor-'))
    const file = path.join(directory, 'a.csv')
    await writeFile(file, 'id,at\n1,2026-01-01 10:00:00\n2,2026-01-01 11:00:00\n')
    await load(file, by())
    await writeFile(file, 'id,at\n1,2026-01-01 10:00:00\n2,2026-01-01 11:00:00\n3,soon\n4,2026-01-01 12:00:00\n')
    const result = await load(file, by(), { maxRejected: 0.5 })
    expect(result).toMatchObject({ rows: 1, rejected: 1 })
    expect(await ids()).toEqual([1, 2, 4])
    await rm(directory, { recursive: true })
  })

  test.each([
    ['NaN', [row(1, 1.5), row(2, Number.NaN)], [row(3, 2.5)]],
    ['infinity', [row(1, 1.5), row(2, Number.POSITIVE_INFINITY)], [row(3, 2.5)]],
  ])('is not moved by %s, which nothing would ever be later than', async (_, first, then) => {
    await expectCode(load(first, by()), 'LOAD_CURSOR_INVALID')
    await load(first, by({ nulls: 'exclude' }))
    await load([...first, ...then], by({ nulls: 'exclude' }))
    expect(await ids()).toEqual([1, 3])
  })

  test('says what is wrong with a column that is missing or empty', async () => {
    await expectCode(load([{ id: 1 }], by()), 'LOAD_CURSOR_INVALID')
    await expectCode(load([row(1, 5), row(2, null)], by()), 'LOAD_CURSOR_INVALID')
    await expectCode(load([row(1, 'x')], by({ lag: '1h' })), 'OPTION_INVALID')
    await load([row(1, 5), row(2, null)], by({ nulls: 'exclude' }))
    await load([row(1, 5), row(3, null)], by({ nulls: 'include' }))
    expect(await ids()).toEqual([1, 3])
  })

  test.each([{ lags: 1 }, { order: () => 0, lag: '1h' }, { window: 'interval', initial: 3 }] as unknown[])(
    'refuses options that do not go together: %j',
    (options) => {
      expect(() => cursor('at', options as CursorOptions)).toThrow(/OPTION_|option/i)
    },
  )
})

describe('where a cursor stands', () => {
  test('goes back with the table: a rollback makes rows new again', async () => {
    const first = await load([row(1, 1)], by())
    await load([row(2, 2)], by())
    await rollbackTable(tables.lake, table, first.snapshot ?? '')
    expect(await load([row(1, 1), row(2, 2)], by())).toMatchObject({ rows: 1 })
    expect(await ids()).toEqual([1, 2])
  })

  test('is one for each name', async () => {
    await load([row(1, 5)], by({ name: 'north' }))
    await load([row(2, 3)], by({ name: 'south' }))
    await load([row(3, 4)], by({ name: 'north' }))
    expect(await ids()).toEqual([1, 2])
  })

  test('is not where another load has already gone on from: of two at the same time no row is loaded twice', async () => {
    await load([row(0, 0)], by())
    const source = Array.from({ length: 20 }, (_, i) => row(i, i))
    const results = await Promise.all(Array.from({ length: 4 }, () => load(source, by())))
    expect(results.map(({ rows }) => rows).toSorted((a, b) => a - b)).toEqual([0, 0, 0, 19])
    expect(await ids()).toEqual(source.map(({ id }) => id))
  })

  test('begins anew with a replacement', async () => {
    await load([row(1, 5)], by())
    await tables.load('replace', table, [row(2, 3), row(3, 4)], { load: { cursor: by() } })
    await load([row(3, 4), row(4, 5)], by())
    expect(await ids()).toEqual([2, 3, 4])
  })
})

describe('a window', () => {
  const window = (start: number, end: number): Cursor => by({ window: { start: minute(start), end: minute(end) } })
  const source = [row(1, minute(1)), row(2, minute(2)), row(3, minute(3))]

  test('takes the rows of its span, its end not included, in any order of spans', async () => {
    expect(await load(source, window(2, 3))).toMatchObject({ rows: 1, rejected: 0, discarded: 0, filtered: 2 })
    expect(await load(source, window(1, 2))).toMatchObject({ rows: 1 })
    expect(await ids()).toEqual([1, 2])
  })

  test('names its load by the span, so that a span is loaded once', async () => {
    const id = windowLoadId(window(1, 3)) ?? ''
    expect(id).toBe('window:at:2026-01-01T10:01:00.000Z/2026-01-01T10:03:00.000Z')
    await load(source, window(1, 3), { id })
    expect(await load(source, window(1, 3), { id })).toMatchObject({ rows: 2, repeated: true })
    expect(await ids()).toEqual([1, 2])
  })
})
