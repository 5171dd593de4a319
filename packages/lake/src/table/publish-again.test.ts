import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Check } from '../checks/check-spec.ts'
import { rowCount } from '../checks/check-helpers.ts'
import { checksText } from '../checks/stored-checks.ts'
import { sweepLake } from '../upkeep/sweep-lake.ts'
import { lakeSql } from '../sql/lake-sql.ts'
import { createRelation } from '../sql/relation.ts'
import { queryHost } from '../sql/query-host.ts'
import { expectCode } from '../testing/expect-code.testsupport.ts'
import { openTestTables, type TestTables } from '../testing/test-lake.testsupport.ts'
import { publishLoad } from './publish-load.ts'
import { dropLoad } from './settle-load.ts'

let tables: TestTables
let count = 0
let trips = ''

beforeAll(async () => {
  tables = await openTestTables()
})
beforeEach(() => {
  trips = `bronze.trips_${++count}`
})
afterAll(() => tables[Symbol.asyncDispose]())

type Rows = readonly object[]

const ids = async (): Promise<readonly number[]> =>
  (await tables.rows(trips)).map(({ id }) => Number(id)).toSorted((a, b) => a - b)

const publish = (id: string, force = false): ReturnType<typeof publishLoad> =>
  publishLoad({ lake: tables.lake, table: trips, loadId: id, context: undefined, force })

describe('a load that was blocked is done again to what main holds when it is published', () => {
  const checks = async (...some: readonly Check[]): Promise<void> => {
    const updates = [{ action: 'set-properties', updates: { 'sluice.checks': checksText(trips, some) } }] as const
    const id = tables.lake.platform.newId()
    await tables.lake.catalog.commit({ id, tables: [{ name: trips, requirements: [], updates }] })
  }
  /** Every change of the table is blocked, until it has no checks. */
  const closed = async (
    rows: Rows,
    work: () => Promise<unknown>,
    partitionBy: readonly string[] = [],
  ): Promise<void> => {
    await tables.load('append', trips, rows, { table: { partitionBy } })
    await checks(rowCount({ min: 1_000 }))
    await expectCode(work(), 'LOAD_BLOCKED')
    await checks()
  }
  const texts = async (name = trips): Promise<readonly string[]> =>
    (await tables.rows(name))
      .map((row) => JSON.stringify(Object.entries(row).toSorted(([a], [b]) => (a < b ? -1 : 1))))
      .toSorted()
  const pairs = async (): Promise<readonly unknown[]> =>
    (await tables.rows(trips)).map(({ id, n }) => [id, n]).toSorted((a, b) => Number(a[0]) - Number(b[0]))
  const two = [
    { id: 1, n: 1 },
    { id: 2, n: 2 },
  ]
  const early = { load: { id: 'early' } }

  test('a merge: rows that came meanwhile are replaced, those that went are added, and its counts tell it', async () => {
    const rows = [
      { id: 1, n: 10 },
      { id: 2, n: 20 },
      { id: 3, n: 30 },
    ]
    await closed(two, () => tables.merge(trips, rows, { key: ['id'] }, early))
    expect(await tables.rows(trips, { version: 'input/early' })).toHaveLength(3)
    await tables.load('replace', trips, [
      { id: 2, n: 5 },
      { id: 3, n: 6 },
      { id: 4, n: 7 },
    ])
    expect(await publish('early')).toMatchObject({
      state: 'published',
      counts: { records: 3, loaded: 3, filtered: 0 },
      changes: { inserted: 1, updated: 2, deleted: 0 },
    })
    expect(await pairs()).toEqual([
      [1, 10],
      [2, 20],
      [3, 30],
      [4, 7],
    ])
    const { metadata } = await tables.view(trips)
    expect(Object.keys(metadata.refs ?? {})).toEqual(['main'])
    expect(metadata.snapshots?.some(({ summary }) => summary['sluice.load-input'] !== undefined)).toBe(false)
  })

  test.each(['upsert', 'insert-only', 'delete-insert'] as const)(
    'a merge (%s) by sequence, of partitions, comes to what it comes to when it is made then',
    async (mode) => {
      const other = `${trips}_other`
      const first = [
        { id: 1, n: 1, s: 5, p: 'a' },
        { id: 2, n: 2, s: 5, p: 'b' },
      ]
      const rows = [
        { id: 1, n: 10, s: 6, p: 'b' },
        { id: 1, n: 11, s: 6, p: 'a' },
        { id: 2, n: 20, s: 4, p: 'a' },
        { id: 3, n: 30, s: null, p: 'b' },
        { id: 3, n: 31, s: 1, p: 'a' },
      ]
      const meanwhile = [
        { id: 2, n: 9, s: 3, p: 'b' },
        { id: 4, n: 4, s: 4, p: 'a' },
      ]
      const merge = { key: ['id'], mode, sequenceBy: 's' } as const
      await closed(first, () => tables.merge(trips, rows, merge, early), ['p'])
      await tables.load('replace', trips, meanwhile)
      const { changes, counts } = await publish('early')
      await tables.load('append', other, meanwhile, { table: { partitionBy: ['p'] } })
      const expected = await tables.merge(other, rows, merge)
      expect(changes).toEqual({ inserted: expected.inserted, updated: expected.updated, deleted: expected.deleted })
      expect([counts.loaded, counts.records - counts.filtered]).toEqual([expected.rows, expected.rows])
      expect(await texts()).toEqual(await texts(other))
    },
  )

  test('an overwrite: what fulfils its condition by then goes', async () => {
    await closed(two, () => tables.overwrite(trips, [{ id: 7, n: 1, note: 'x' }], { n: 1 }, early))
    await tables.load('replace', trips, [
      { id: 2, n: 1 },
      { id: 3, n: 3 },
    ])
    await checks(rowCount({ min: 1_000 }))
    await expectCode(publish('early'), 'LOAD_BLOCKED')
    await checks()
    await tables.load('append', trips, [{ id: 8, n: 1 }])
    expect(await publish('early')).toMatchObject({ changes: { inserted: 1, deleted: 2 }, counts: { loaded: 1 } })
    expect(await pairs()).toEqual([
      [3, 3],
      [7, 1],
    ])
    const { snapshot } = await tables.view(trips)
    expect(snapshot?.summary).toMatchObject({ 'total-records': '2', 'sluice.load-id': 'early' })
  })

  test('a deletion: also by times, large numbers and bytes', async () => {
    const data = new Uint8Array([1, 255])
    const row = { id: 1, n: 8, at: new Date('2026-01-01'), big: 9007199254740993n, data }
    const where = { at: { lt: new Date('2026-01-02') }, big: [9007199254740993n], data }
    await closed([row], () => tables.delete(trips, where, { id: 'early' }))
    const near = [
      { ...row, id: 2 },
      { ...row, id: 3, data: new Uint8Array([1]) },
      { ...row, id: 4, big: 9007199254740992n },
    ]
    await tables.load('append', trips, near)
    expect(await publish('early')).toMatchObject({ changes: { inserted: 0, deleted: 2 } })
    expect(await ids()).toEqual([3, 4])
  })

  test('a deletion that finds nothing any more is published, and its branch goes', async () => {
    await closed(two, () => tables.delete(trips, { id: 1 }, { id: 'early' }))
    await tables.load('replace', trips, [{ id: 2, n: 2 }])
    expect(await publish('early')).toMatchObject({ state: 'published', changes: { deleted: 0 } })
    expect(Object.keys((await tables.view(trips)).metadata.refs ?? {})).toEqual(['main'])
    expect((await tables.lake.catalog.incidents({ table: trips })).items).toMatchObject([{ state: 'resolved' }])
  })

  test('columns that came meanwhile are null in its rows, and columns that it brings in those that came', async () => {
    await closed(two, () => tables.merge(trips, [{ id: 2, n: 20, own: 'x' }], { key: ['id'] }, early))
    await tables.load('append', trips, [{ id: 3, n: 3, other: true }])
    await publish('early')
    expect(await tables.rows(trips)).toEqual(
      expect.arrayContaining([
        { id: 1, n: 1, own: null, other: null },
        { id: 2, n: 20, own: 'x', other: null },
        { id: 3, n: 3, own: null, other: true },
      ]),
    )
  })

  test('not rows that were read from the table itself: others have changed it since', async () => {
    const doubled = createRelation(lakeSql`select id, n * 2 as n from ${{ name: trips }}`.sql, () =>
      queryHost(tables.lake, undefined),
    )
    await closed(two, () => tables.load('replace', trips, doubled, early))
    await tables.load('append', trips, [{ id: 3, n: 3 }])
    await expectCode(publish('early', true), 'LAKE_COMMIT_CONFLICT')
    expect(await ids()).toEqual([1, 2, 3])
  })

  test('one that is dropped leaves nothing of its rows', async () => {
    await closed(two, () => tables.merge(trips, [{ id: 2, n: 20 }], { key: ['id'] }, early))
    await dropLoad({ lake: tables.lake, table: trips, loadId: 'early', context: undefined })
    expect(Object.keys((await tables.view(trips)).metadata.refs ?? {})).toEqual(['main'])
    const { expired } = await sweepLake(tables.lake, { grace: 0 })
    expect(expired).toBeGreaterThanOrEqual(3)
    expect(await ids()).toEqual([1, 2])
  })
})
