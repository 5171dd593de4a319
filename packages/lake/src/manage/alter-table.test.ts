import { notNull, range, unique } from '../checks/check-helpers.ts'
import { checksOf } from '../checks/stored-checks.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { pyiceberg } from '../format/pyiceberg.testsupport.ts'
import { pyicebergScans } from '../testing/other-readers.testsupport.ts'
import { expectCode } from '../testing/expect-code.testsupport.ts'
import { openTestTables, type TestTables, withoutOurs } from '../testing/test-lake.testsupport.ts'
import { day } from '../table/partition-helpers.ts'
import { alterTable } from './alter-table.ts'

let tables: TestTables
let name: string
let count = 0
beforeAll(async () => {
  tables = await openTestTables()
})
afterAll(() => tables[Symbol.asyncDispose]())
beforeEach(() => {
  name = `bronze.t${++count}`
})

const alter = (alteration: Parameters<typeof alterTable>[2]): ReturnType<typeof alterTable> =>
  alterTable(tables.lake, name, alteration)

async function load(rows: readonly object[], table: object = {}): Promise<string> {
  return String((await tables.load('append', name, rows, { table })).snapshot)
}

function reference(references: Readonly<Record<string, string>>): object {
  const refs = Object.entries(references).map(([column, to]) => {
    const at = to.lastIndexOf('.')
    return [column, { table: to.slice(0, at), column: to.slice(at + 1) }] as const
  })
  return { references: Object.fromEntries(refs) }
}

describe('columns that are altered', () => {
  test('are read by their new names, and by the old ones in older versions', async () => {
    const then = await load([{ id: 1, amount: 5, note: 'a', place: { city: 'Bonn', zip: '1' } }])
    const { changes } = await alter({
      rename: { amount: 'fare' },
      drop: ['note'],
      describe: { amount: 'in dollars' },
    })
    expect(changes).toEqual(expect.arrayContaining(['- note', 'amount is now fare', 'fare is in dollars']))
    await load([{ id: 2, fare: 7, place: { city: 'Köln', zip: '2' } }])
    const rows = [
      { id: 1, fare: 5, place: { city: 'Bonn', zip: '1' } },
      { id: 2, fare: 7, place: { city: 'Köln', zip: '2' } },
    ]
    expect(await tables.rows(name)).toEqual(rows)
    expect(await tables.rows(name, { where: { fare: { gte: 6 } } })).toEqual(rows.slice(1))
    const before = [{ id: 1, amount: 5, note: 'a', place: { city: 'Bonn', zip: '1' } }]
    expect(await tables.rows(name, { version: then })).toEqual(before)
    const { pointer } = await tables.view(name)
    const metadata = tables.lake.storage.addressOf(pointer.metadataKey)
    const flat = (all: readonly object[]): unknown =>
      all.map((row) => ({ ...withoutOurs({ ...row }), place: undefined }))
    if (pyiceberg === undefined) return
    const [now, old] = pyicebergScans([
      { metadata, filter: 'fare > 6' },
      { metadata, snapshot: then },
    ])
    expect(flat(now?.rows ?? [])).toEqual(flat(rows.slice(1)))
    expect(flat(old?.rows ?? [])).toEqual(flat(before))
  })

  test('swap their names, and a name that is free again is a column of its own', async () => {
    await load([{ a: 1, b: 'x' }])
    await alter({ rename: { a: 'b', b: 'a' } })
    expect(await tables.rows(name)).toEqual([{ b: 1, a: 'x' }])
    await alter({ drop: ['a'] })
    await load([{ b: 2, a: 3.5 }])
    expect(await tables.rows(name)).toEqual([
      { b: 1, a: null },
      { b: 2, a: 3.5 },
    ])
  })

  test('widen, and older versions keep their type', async () => {
    const columns = { n: { type: 'int' }, price: { type: 'decimal(9, 2)' } }
    const then = await load([{ n: 1, price: '1.50' }], { columns })
    await alter({ widen: { n: 'long', price: 'decimal(12,2)' } })
    await load([{ n: 5_000_000_000, price: '1234567890.25' }])
    expect(await tables.rows(name)).toEqual([
      { n: 1, price: '1.50' },
      { n: 5_000_000_000, price: '1234567890.25' },
    ])
    const types = (await tables.view(name, then)).schema.fields.map((field) => field.type)
    expect(types.slice(0, 2)).toEqual(['int', 'decimal(9, 2)'])
  })

  test('may be altered by every start of a script: what is so already makes no commit', async () => {
    await load([{ id: 1, old: 2, gone: 3 }])
    const alteration = { rename: { old: 'new' }, drop: ['gone'], describe: { id: 'the id' }, optional: ['id'] }
    expect((await alter(alteration)).changes).toHaveLength(3)
    const { version } = (await tables.view(name)).pointer
    expect((await alter(alteration)).changes).toEqual([])
    expect((await tables.view(name)).pointer.version).toBe(version)
  })

  test('keep the properties that name them', async () => {
    const columns = { a: { sensitive: true, tags: ['pii'] }, b: { sensitive: true } }
    await tables.load('append', 'x.y', [{ z: 1 }])
    const checks = [notNull('b'), unique(['id', 'a']), range('a', { max: 9 })]
    await load([{ id: 1, a: 1, b: 2 }], {
      key: ['id'],
      checks,
      columns,
      references: { a: { table: 'x.y', column: 'z' } },
    })
    await alter({ rename: { id: 'trip_id', a: 'c' }, drop: ['b'] })
    const { properties } = (await tables.view(name)).metadata
    expect(checksOf(properties).slice(0, 2)).toMatchObject([
      { name: 'unique(id, a)', columns: ['trip_id', 'c'] },
      { name: 'range(a)', column: 'c' },
    ])
    expect(properties).toMatchObject({
      'sluice.key': '["trip_id"]',
      'sluice.sensitive': '["c"]',
      'sluice.column-tags': '{"c":["pii"]}',
      'sluice.references': '{"c":{"table":"x.y","column":"z"}}',
    })
  })

  test('come with what is said of the table, and the same may be said again', async () => {
    await tables.load('append', 'x.zones', [{ id: 1, name: 'a' }])
    await load([{ id: 1, zone: 1, other: 1 }], { references: { other: { table: 'x.zones', column: 'id' } } })
    const alteration = {
      rename: { zone: 'zone_id' },
      owner: 'fleet',
      description: 'all trips',
      tags: ['taxi'],
      key: ['id', 'zone_id'],
      references: { zone_id: { table: 'x.zones', column: 'id' } },
    }
    expect((await alter(alteration)).changes).toEqual([
      'zone is now zone_id',
      'owner: fleet',
      'description: all trips',
      'tags: taxi',
      'key: id, zone_id',
      'zone_id references x.zones.id',
    ])
    const { pointer, metadata } = await tables.view(name)
    expect(checksOf(metadata.properties).map((each) => each.name)).toEqual([
      'unique(id, zone_id)',
      'relationship(other, x.zones.id)',
      'relationship(zone_id, x.zones.id)',
    ])
    expect(metadata.properties).toMatchObject({ owner: 'fleet', comment: 'all trips', 'sluice.tags': '["taxi"]' })
    expect((await alter(alteration)).changes).toEqual([])
    expect((await tables.view(name)).pointer.version).toBe(pointer.version)
    expect((await alter({ key: [], owner: '' })).changes).toEqual(['owner: nobody', 'key: none'])
  })

  test('are altered by several at once, one after the other', async () => {
    await load([{ a: 1, b: 2, c: 3, d: 4 }])
    await Promise.all(['a', 'b', 'c', 'd'].map((column) => alter({ rename: { [column]: `${column}${column}` } })))
    expect(await tables.rows(name)).toEqual([{ aa: 1, bb: 2, cc: 3, dd: 4 }])
  })
})

describe('what is refused changes nothing:', () => {
  test.each([
    ['a column that is not there', { rename: { nothing: 'x' } }, 'TABLE_COLUMN_UNKNOWN'],
    ['the description of a column that is not there', { describe: { nothing: 'x' } }, 'TABLE_COLUMN_UNKNOWN'],
    ['dropping a column of the key', { drop: ['id'] }, 'LAKE_COMMIT_INVALID'],
    ['dropping what the table is partitioned by', { drop: ['at'] }, 'LAKE_COMMIT_INVALID'],
    ['another name for a member of a struct', { rename: { 'place.city': 'town' } }, 'LAKE_COMMIT_INVALID'],
    ['dropping a member of a struct', { drop: ['place.city'] }, 'LAKE_COMMIT_INVALID'],
    ['dropping a column that every load writes', { drop: ['_load_id'] }, 'LAKE_COMMIT_INVALID'],
    ['a name that is taken', { rename: { id: 'name' } }, 'LAKE_COMMIT_INVALID'],
    ['a name that no load would write', { rename: { name: 'Full Name' } }, 'LAKE_COMMIT_INVALID'],
    ['a name that is kept for others', { rename: { name: '_load_id' } }, 'LAKE_COMMIT_INVALID'],
    ['a narrower type', { widen: { id: 'int' } }, 'LAKE_COMMIT_INVALID'],
    ['another kind of type', { widen: { name: 'long' } }, 'LAKE_COMMIT_INVALID'],
    ['a type that is none', { widen: { name: 'text' } }, 'LAKE_COMMIT_INVALID'],
    ['another name for the elements of a list', { rename: { 'tags.element': 'x' } }, 'LAKE_COMMIT_INVALID'],
    ['a key of a column that is not there', { key: ['id', 'nothing'] }, 'TABLE_COLUMN_UNKNOWN'],
    ['a key that is a list', { key: ['tags'] }, 'OPTION_INVALID'],
    ['a reference of a column that is not there', reference({ nothing: 'x.zones.id' }), 'TABLE_COLUMN_UNKNOWN'],
    ['a reference to a column that is not there', reference({ id: 'x.zones.nothing' }), 'TABLE_COLUMN_UNKNOWN'],
    ['a reference to a table that is not there', reference({ id: 'x.nothing.id' }), 'TABLE_NOT_FOUND'],
    ['an option that is none', { renames: { name: 'x' } }, 'OPTION_UNKNOWN'],
  ] as const)('%s', async (_what, alteration: object, code) => {
    const row = { id: 1, name: 'a', at: '2026-01-01', place: { city: 'Bonn' }, tags: ['x'] }
    await load([row], { key: ['id'], partitionBy: [day('at')] })
    const { version } = (await tables.view(name)).pointer
    await expectCode(alter(alteration), code)
    expect((await tables.view(name)).pointer.version).toBe(version)
  })

  test('a table that is not there', async () => {
    await expectCode(alter({ drop: ['a'] }), 'TABLE_NOT_FOUND')
  })
})
