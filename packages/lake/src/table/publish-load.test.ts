import { isSluiceError } from '@sluice/core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { notNull, relationship, rowCount, unique } from '../checks/check-helpers.ts'
import { lakeSql } from '../sql/lake-sql.ts'
import { createRelation } from '../sql/relation.ts'
import { queryHost } from '../sql/query-host.ts'
import { expectCode } from '../testing/expect-code.testsupport.ts'
import { pyiceberg } from '../format/pyiceberg.testsupport.ts'
import { pyicebergScans } from '../testing/other-readers.testsupport.ts'
import { openTestTables, type TestTables, withoutOurs } from '../testing/test-lake.testsupport.ts'
import { loadRows } from './load-rows.ts'
import { publishLoad } from './publish-load.ts'
import { dropLoad, publishTableLoad } from './settle-load.ts'
import type { LoadResult } from './types.ts'

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

const checked = { checks: [notNull('id'), unique('id')] }
type Rows = readonly object[]

const append = (rows: Rows, id?: string): Promise<LoadResult> =>
  tables.load('append', trips, rows, { table: checked, load: { ...(id !== undefined && { id }) } })

const ids = async (): Promise<readonly number[]> =>
  (await tables.rows(trips)).map(({ id }) => Number(id)).toSorted((a, b) => a - b)

async function entry(id: string): Promise<unknown> {
  const { pointer } = await tables.view(trips)
  return (await tables.lake.catalog.load(pointer.id, id))?.state
}

describe('a load into a table with checks that block', () => {
  test('is published when they pass, with what they said, and leaves no branch behind', async () => {
    const result = await append([{ id: 1 }, { id: 2 }], 'good')
    expect(result).toMatchObject({ published: true, rows: 2, repeated: false })
    const { metadata, pointer } = await tables.view(trips)
    expect(Object.keys(metadata.refs ?? {})).toEqual(['main'])
    const { items } = await tables.lake.catalog.checks(pointer.id, { snapshot: String(result.snapshot) })
    expect(items.map(({ name, outcome, loadId }) => [name, outcome, loadId])).toEqual([
      ['not_null(id)', 'passed', 'good'],
      ['unique(id)', 'passed', 'good'],
    ])
    expect(await append([{ id: 1 }], 'good')).toMatchObject({ published: true, rows: 2, repeated: true })
    expect(await ids()).toEqual([1, 2])
  })

  test('is not when one fails: main has neither its rows nor its columns, and the same load has the same incident', async () => {
    await append([{ id: 1 }])
    const before = await tables.view(trips)
    const refused = await append([{ id: null, tip: 1.5 }], 'bad').catch((error: unknown) => error)
    expect(refused).toMatchObject({
      code: 'LOAD_BLOCKED',
      details: { table: trips, load: 'bad', checks: [{ name: 'not_null(id)', failing: 1 }] },
    })
    const { metadata, schema, snapshot } = await tables.view(trips)
    expect([schema, snapshot]).toEqual([before.schema, before.snapshot])
    expect(metadata['current-schema-id']).toBe(before.metadata['current-schema-id'])
    expect(await tables.rows(trips)).toEqual([{ id: 1 }])
    expect(await tables.rows(trips, { version: 'load/bad' })).toHaveLength(2)
    expect((await tables.view(trips, 'load/bad')).schema.fields.map(({ name }) => name)).toContain('tip')
    const { items } = await tables.lake.catalog.incidents({ table: trips })
    expect(items).toMatchObject([{ kind: 'blocked', loadId: 'bad', message: 'not_null(id): 1 row is null' }])
    const again = await append([{ id: 7 }], 'bad').catch((error: unknown) => error)
    const { incident } = (again as { details: { incident: string } }).details
    expect([incident, isSluiceError(refused) && refused.details['incident']]).toEqual([items[0]?.id, items[0]?.id])
    expect((await tables.lake.catalog.incidents({ table: trips })).items).toHaveLength(1)
  })

  test.skipIf(pyiceberg === undefined)(
    'is not when one fails: PyIceberg sees nothing of it on main, during and after',
    async () => {
      await append([{ id: 1 }])
      const columns = async (): Promise<readonly string[]> => {
        const { pointer } = await tables.view(trips)
        const metadata = tables.lake.storage.addressOf(pointer.metadataKey)
        const [scan] = pyicebergScans([{ metadata }])
        expect(scan?.rows).toHaveLength(1)
        return Object.keys(withoutOurs(scan?.rows[0] ?? {}))
      }
      const loading = {
        lake: tables.lake,
        table: trips,
        operation: 'append',
        tableOptions: checked,
        options: {},
      } as const
      const stage = { branch: 'load/bad', again: false }
      await loadRows({ ...loading, source: [{ id: null, tip: 1 }], loadId: 'bad', context: undefined, stage })
      expect(await columns()).toEqual(['id'])
      await expectCode(append([], 'bad'), 'LOAD_BLOCKED')
      expect(await columns()).toEqual(['id'])
    },
  )

  test('that only warn is committed at once, and what they said is kept', async () => {
    const table = { checks: [notNull('id', { severity: 'warn' })] }
    const { snapshot, published } = await tables.load(
      'append',
      trips,
      [
        { id: null, n: 1 },
        { id: 1, n: 2 },
      ],
      { table },
    )
    expect(published).toBe(true)
    const { pointer, metadata } = await tables.view(trips)
    expect(metadata.snapshots).toHaveLength(1)
    const { items } = await tables.lake.catalog.checks(pointer.id)
    expect(items).toMatchObject([{ snapshotId: snapshot, outcome: 'failed', failing: 1 }])
  })

  test('is checked although who loads says nothing of them: the table knows them', async () => {
    await append([{ id: 1 }])
    await expectCode(tables.load('append', trips, [{ id: 1 }]), 'LOAD_BLOCKED')
    await tables.load('append', trips, [{ id: 1 }], { table: { checks: [] } })
    expect(await ids()).toEqual([1, 1])
  })

  test('of key and references is checked as they imply', async () => {
    const zones = `${trips}_zones`
    await tables.load('append', zones, [{ id: 1 }])
    const table = { key: ['id'], references: { zone: { table: zones, column: 'id' } } }
    await tables.load('append', trips, [{ id: 1, zone: 1 }], { table })
    await expectCode(tables.load('append', trips, [{ id: 1, zone: 1 }], { table }), 'LOAD_BLOCKED')
    await expectCode(tables.load('append', trips, [{ id: 2, zone: 2 }], { table }), 'LOAD_BLOCKED')
    await tables.load('append', zones, [{ id: 2 }])
    await tables.load('append', trips, [{ id: 3, zone: 2 }], { table })
    expect(await ids()).toEqual([1, 3])
  })

  test('replaces, merges and overwrites in the same way', async () => {
    await append([
      { id: 1, n: 1 },
      { id: 2, n: 2 },
    ])
    await expectCode(tables.load('replace', trips, [{ id: 5 }, { id: 5 }]), 'LOAD_BLOCKED')
    expect(await ids()).toEqual([1, 2])
    expect(await tables.load('replace', trips, [{ id: 3, n: 3, more: 'x' }])).toMatchObject({ published: true })
    const merged = await tables.merge(
      trips,
      [
        { id: 3, n: 4 },
        { id: 4, n: 1 },
      ],
      { key: ['id'] },
    )
    expect(merged).toMatchObject({ published: true, inserted: 1, updated: 1 })
    await expectCode(tables.overwrite(trips, [{ id: 3, n: 1 }], { n: 1 }), 'LOAD_BLOCKED')
    expect(await tables.overwrite(trips, [{ id: 9, n: 1 }], { n: 1 })).toMatchObject({ published: true, deleted: 1 })
    expect(await tables.rows(trips)).toEqual(
      expect.arrayContaining([
        { id: 3, n: 4, more: null },
        { id: 9, n: 1, more: null },
      ]),
    )
    expect(await ids()).toEqual([3, 9])
  })

  test('deletes in the same way: what is left is checked first', async () => {
    const table = { checks: [rowCount({ min: 2 })] }
    await tables.load('append', trips, [{ id: 1 }, { id: 2 }, { id: 3 }], { table })
    expect(await tables.delete(trips, { id: 3 }, { id: 'good' })).toMatchObject({ published: true, deleted: 1 })
    expect(await tables.delete(trips, { id: 3 }, { id: 'good' })).toMatchObject({ repeated: true, deleted: 1 })
    await expectCode(tables.delete(trips, { id: 1 }, { id: 'bad' }), 'LOAD_BLOCKED')
    await expectCode(tables.delete(trips, { id: 1 }, { id: 'bad' }), 'LOAD_BLOCKED')
    expect(await ids()).toEqual([1, 2])
    expect(await tables.rows(trips, { version: 'load/bad' })).toEqual([{ id: 2 }])
    expect(await tables.delete(trips, { id: 99 }, { id: 'none' })).toMatchObject({ deleted: 0, published: true })
    expect([await entry('good'), await entry('bad'), await entry('none')]).toEqual([
      'published',
      'blocked',
      'published',
    ])
    await tables.load('append', trips, [{ id: 4 }])
    expect(await publish('bad')).toMatchObject({ state: 'published', changes: { deleted: 1 } })
    expect(await ids()).toEqual([2, 4])
    expect(Object.keys((await tables.view(trips)).metadata.refs ?? {})).toEqual(['main'])
  })

  test('keeps what did not fit once, whatever becomes of it', async () => {
    await append([{ id: 1 }])
    const rows = [{ id: 2 }, { id: 2 }, { id: 'two' }]
    const load = { id: 'mixed', maxRejected: 0.5 }
    await expectCode(tables.load('append', trips, rows, { load }), 'LOAD_BLOCKED')
    await expectCode(tables.load('append', trips, rows, { load }), 'LOAD_BLOCKED')
    expect(await tables.rows(`quarantine.${trips.replace('.', '__')}`)).toHaveLength(1)
  })

  test('of nothing but rows that do not fit, or of no row, is done', async () => {
    await append([{ id: 1 }])
    expect(await append([])).toMatchObject({ rows: 0, snapshot: undefined, published: true })
    const load = { id: 'none', contract: { types: 'discard' as const }, maxRejected: 1 }
    expect(await tables.load('append', trips, [{ id: 'x' }], { load })).toMatchObject({ rows: 0, published: true })
    expect(await entry('none')).toBe('published')
  })

  test('that takes a file once has taken it when it is published', async () => {
    await append([{ id: 1 }])
    const { pointer } = await tables.view(trips)
    expect(await tables.lake.catalog.loadedFiles(pointer.id, 'main', ['x'])).toEqual(new Set())
  })
})

describe('loads at the same time', () => {
  test('are put on top of each other, and checked again', async () => {
    await append([{ id: 0 }])
    const results = await Promise.all([1, 2, 3, 4, 5].map((id) => append([{ id, [`c${id}`]: id }])))
    expect(results.every(({ published }) => published)).toBe(true)
    expect(await ids()).toEqual([0, 1, 2, 3, 4, 5])
    const { schema, metadata } = await tables.view(trips)
    expect(schema.fields.map(({ name }) => name)).toEqual(expect.arrayContaining(['c1', 'c2', 'c3', 'c4', 'c5']))
    expect(Object.keys(metadata.refs ?? {})).toEqual(['main'])
    const [row] = await tables.rows(trips, { where: { id: 3 } })
    expect(row).toMatchObject({ id: 3, c3: 3, c1: null })
  })

  test('of one key are not both published', async () => {
    await append([{ id: 0 }])
    const results = await Promise.allSettled([append([{ id: 1 }]), append([{ id: 1 }])])
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(await ids()).toEqual([0, 1])
  })

  test('that add the same column, with types that widen, agree on it', async () => {
    await append([{ id: 0 }])
    await Promise.all([append([{ id: 1, tip: 1 }]), append([{ id: 2, tip: 2 }]), append([{ id: 3, tip: 3 }])])
    expect(await tables.rows(trips)).toEqual(expect.arrayContaining([{ id: 2, tip: 2 }]))
    expect((await tables.view(trips)).schema.fields.filter(({ name }) => name === 'tip')).toHaveLength(1)
  })

  test('with a replacement by a query of the table itself: it sees what was published before', async () => {
    await append([{ id: 1, n: 1 }])
    const doubled = createRelation(lakeSql`select id, n * 2 as n from ${{ name: trips }}`.sql, () =>
      queryHost(tables.lake, undefined),
    )
    await Promise.all([tables.load('replace', trips, doubled), append([{ id: 2, n: 1 }])])
    const rows = await tables.rows(trips)
    expect(rows.find(({ id }) => id === 1)).toEqual({ id: 1, n: 2 })
    expect(rows.find(({ id }) => id === 2)).toEqual({ id: 2, n: expect.any(Number) })
  })
})

const publish = (id: string, force = false): ReturnType<typeof publishLoad> =>
  publishLoad({ lake: tables.lake, table: trips, loadId: id, context: undefined, force })

describe('a load that is blocked', () => {
  test('is published once what it misses is there, on top of what was loaded meanwhile', async () => {
    const zones = `${trips}_zones`
    await tables.load('append', zones, [{ id: 1 }])
    const table = { checks: [relationship('zone', { table: zones, column: 'id' })] }
    const load = { id: 'early' }
    await expectCode(tables.load('append', trips, [{ id: 1, zone: 2, late: true }], { table, load }), 'LOAD_BLOCKED')
    await expectCode(publish('early'), 'LOAD_BLOCKED')
    await tables.load('append', trips, [{ id: 2, zone: 1 }])
    await tables.load('append', zones, [{ id: 2 }])
    expect(await publish('early')).toMatchObject({ state: 'published' })
    expect(await ids()).toEqual([1, 2])
    const { items } = await tables.lake.catalog.incidents({ table: trips })
    expect(items).toMatchObject([{ state: 'resolved', note: 'published' }])
    expect(await publish('early')).toMatchObject({ state: 'published' })
    expect(await tables.load('append', trips, [{ id: 9 }], { load })).toMatchObject({ repeated: true, published: true })
  })

  test('has the place in the history that it was published at, also in the process that had read it before', async () => {
    await append([{ id: 1 }])
    await expectCode(append([{ id: 1 }], 'twice'), 'LOAD_BLOCKED')
    const { lake } = tables
    const places = async (version: string): Promise<readonly unknown[]> => {
      const { metadata, pointer, snapshot } = await tables.view(trips, version)
      const place = { location: metadata.location, directory: pointer.directory }
      const [first] = await lake.manifests.list(place, snapshot?.['manifest-list'] ?? '')
      const entries = first ? await lake.manifests.entries(place, first) : []
      const expected = { snapshotId: snapshot?.['snapshot-id'], sequenceNumber: snapshot?.['sequence-number'] }
      expect(entries).toMatchObject([expected])
      return entries.map(({ file }) => file.path)
    }
    const staged = await places('load/twice')
    await append([{ id: 2 }])
    await publish('twice', true)
    expect(await places('main')).toEqual(staged)
  })

  test('is published by force, which says so', async () => {
    await append([{ id: 1 }])
    await expectCode(append([{ id: 1, tip: 2 }], 'twice'), 'LOAD_BLOCKED')
    await publish('twice', true)
    expect(await tables.rows(trips)).toEqual(expect.arrayContaining([{ id: 1, tip: 2 }]))
    const { items } = await tables.lake.catalog.incidents({ table: trips })
    expect(items).toMatchObject([{ state: 'resolved', note: 'published by force, in spite of: unique(id)' }])
  })

  test('is dropped: its branch goes, its incident is resolved, and it is never loaded', async () => {
    await append([{ id: 1 }])
    await expectCode(append([{ id: 1 }], 'bad'), 'LOAD_BLOCKED')
    const load = { lake: tables.lake, table: trips, loadId: 'bad', context: undefined }
    await dropLoad(load)
    await dropLoad(load)
    const { metadata } = await tables.view(trips)
    expect([await entry('bad'), Object.keys(metadata.refs ?? {})]).toEqual(['dropped', ['main']])
    expect((await tables.lake.catalog.incidents({ table: trips })).items).toMatchObject([
      { state: 'resolved', note: 'dropped' },
    ])
    await expectCode(publishTableLoad({ ...load, force: true }), 'LOAD_NOT_FOUND')
    expect(await append([{ id: 2 }], 'bad')).toMatchObject({ repeated: true, published: false })
    expect(await ids()).toEqual([1])
  })

  test('is not there: it says so', async () => {
    await append([{ id: 1 }])
    await expectCode(publish('nothing'), 'LOAD_NOT_FOUND')
  })
})

test('a load that is rejected leaves an incident that counts its rows, and shows none', async () => {
  await append([{ id: 1 }])
  await expectCode(append([{ id: 'x' }, { id: 'y' }], 'texts'), 'LOAD_REJECTED')
  const { items } = await tables.lake.catalog.incidents({ table: trips })
  expect(items).toMatchObject([{ kind: 'rejected', loadId: 'texts', detail: { records: 2, rejected: 2 } }])
})
