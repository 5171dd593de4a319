import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { expectCode } from '../testing/expect-code.testsupport.ts'
import { openTestTables, tablesOf, type TestTables } from '../testing/test-lake.testsupport.ts'
import { day } from './partition-helpers.ts'

let tables: TestTables
beforeEach(async () => {
  tables = await openTestTables()
})
afterEach(() => tables[Symbol.asyncDispose]())

const table = 'bronze.trips'
const append = (source: unknown, load = {}) => tables.load('append', table, source, { load })

describe('an append', () => {
  test('makes the table, with what its author says of it', async () => {
    await tables.load('append', table, [{ id: 1, at: '2026-01-01 10:00:00', fare: 2.5 }], {
      table: {
        owner: 'data@example.org',
        description: 'Trips as they come',
        tags: ['taxi'],
        key: ['id'],
        columns: { fare: { description: 'US dollars', sensitive: true }, at: { type: 'timestamp' } },
        partitionBy: [day('at')],
      },
    })
    const { metadata, schema } = await tables.view(table)
    const { 'sluice.unique-keys': proof, ...said } = metadata.properties ?? {}
    // Of a table with a key its check has said so, too.
    expect(JSON.parse(proof ?? '')).toEqual({ snapshot: String(metadata['current-snapshot-id']), keys: [[2]] })
    expect(said).toEqual({
      owner: 'data@example.org',
      comment: 'Trips as they come',
      'sluice.tags': '["taxi"]',
      'sluice.key': '["id"]',
      'sluice.sensitive': '["fare"]',
    })
    expect(metadata['partition-specs']).toMatchObject([{ fields: [{ name: 'at_day', transform: 'day' }] }])
    expect(schema.fields).toContainEqual({ id: 3, name: 'fare', required: false, type: 'double', doc: 'US dollars' })
    expect(await tables.rows(table)).toEqual([{ id: 1, at: new Date('2026-01-01T10:00:00Z'), fare: 2.5 }])
  })

  test('of the same load again gives the same result, and does nothing', async () => {
    const first = await append([{ id: 1 }], { id: 'mine' })
    const again = await append([{ id: 2 }], { id: 'mine' })
    expect(again).toEqual({
      ...first,
      schemaChange: { added: [], widened: [], rewritten: [], missing: [] },
      repeated: true,
    })
    expect(await tables.rows(table)).toEqual([{ id: 1 }])
  })

  test('is found again by bytes, and by a zero of either sign', async () => {
    const columns = { bytes: { type: 'binary' }, small: { type: 'float' }, large: { type: 'double' } }
    const row = (id: number, zero: number) => ({ id, bytes: Uint8Array.of(11, 234, 255), small: zero, large: zero })
    await tables.load('append', table, [row(1, 0), row(2, -0)], { table: { columns } })
    const found = async (where: object) => (await tables.rows(table, { where: { ...where } })).map(({ id }) => id)
    expect(await found({ bytes: Uint8Array.of(11, 234, 255) })).toEqual([1, 2])
    expect(await found({ bytes: Uint8Array.of(11, 234) })).toEqual([])
    for (const zero of [0, -0]) {
      expect(await found({ small: zero })).toEqual([1, 2])
      expect(await found({ large: [zero, 1] })).toEqual([1, 2])
    }
  })

  test('adds columns and widens types; old snapshots keep the schema that they had', async () => {
    const first = await append([{ id: 1 }])
    const second = await append([{ id: 2, name: 'b' }])
    expect(second.schemaChange.added).toEqual(['name'])
    expect(await tables.rows(table)).toEqual([
      { id: 1, name: null },
      { id: 2, name: 'b' },
    ])
    expect(await tables.rows(table, { version: BigInt(first.snapshot ?? 0) })).toEqual([{ id: 1 }])
    expect((await tables.view(table)).metadata.schemas).toHaveLength(2)
  })

  test('says in its snapshot and in the ledger which load it was', async () => {
    const { snapshot, loadId } = await append([{ id: 1 }, { id: 2 }])
    const { pointer, snapshot: found } = await tables.view(table)
    expect(found?.summary).toMatchObject({
      operation: 'append',
      'sluice.load-id': loadId,
      'added-records': '2',
      'total-records': '2',
    })
    expect(await tables.lake.catalog.load(pointer.id, loadId)).toMatchObject({
      snapshotId: BigInt(snapshot ?? 0),
      counts: { records: 2, loaded: 2, quarantined: 0, discarded: 0, filtered: 0 },
    })
  })

  test('of no rows makes no version, and no table', async () => {
    expect(await append([])).toMatchObject({ snapshot: undefined, rows: 0 })
    await expectCode(tables.rows(table), 'TABLE_NOT_FOUND')
    await append([{ id: 1 }])
    expect(await append([])).toMatchObject({ snapshot: undefined, rows: 0 })
    expect((await tables.view(table)).metadata.snapshots).toHaveLength(1)
  })

  test('commits rows that do not fit into the quarantine, together with the others', async () => {
    await append([{ id: 1 }])
    const file = path.join(tables.lake.storage.staging, 'ids.csv')
    await writeFile(file, `id\n${Array.from({ length: 500 }, (_, i) => (i === 250 ? 'x' : i)).join('\n')}\n`)
    const result = await append(file)
    expect(result).toMatchObject({ rows: 499, rejected: 1 })
    expect(await tables.rows('quarantine.bronze__trips')).toMatchObject([{ load_id: result.loadId, column_name: 'id' }])
  })

  test('to a branch that is not there is refused', async () => {
    await append([{ id: 1 }])
    await expectCode(append([{ id: 2 }], { branch: 'audit' }), 'TABLE_VERSION_NOT_FOUND')
  })

  test('of many at once loses none, whoever makes the table', async () => {
    const loads = Array.from({ length: 8 }, (_, i) => append([{ id: i }]))
    await Promise.all(loads)
    const rows = await tables.rows(table)
    expect(rows.map(({ id }) => Number(id)).toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  })

  test('of two processes at once loses none, nor do replacements between them', async () => {
    const second = await tables.base.open()
    await using others = tablesOf(tables.base, second.catalog, second.storage)
    await append([{ id: -1 }])
    await Promise.all(
      Array.from({ length: 12 }, (_, i) =>
        (i % 2 === 0 ? tables : others).load(i === 6 ? 'replace' : 'append', table, [{ id: i }]),
      ),
    )
    const { metadata } = await tables.view(table)
    const seen = new Set<unknown>()
    for (const snapshot of metadata.snapshots ?? [])
      for (const { id } of await others.rows(table, { version: snapshot['snapshot-id'] })) seen.add(id)
    expect(seen.size).toBe(13)
    expect(metadata.snapshots).toHaveLength(13)
  })

  test('of a generator, whose rows come once only, is planned again with them when the table has got other columns meanwhile', async () => {
    await append([{ id: 1 }])
    const generated = (async function* () {
      yield { id: 2, mine: 'x' }
      await append([{ id: 3, yours: 'y' }])
    })()
    await append(generated)
    expect(await tables.rows(table)).toEqual([
      { id: 1, yours: null, mine: null },
      { id: 3, yours: 'y', mine: null },
      { id: 2, yours: null, mine: 'x' },
    ])
  })

  test('of rows that can be read again is planned again then', async () => {
    await append([{ id: 1 }])
    let other: Promise<unknown> | undefined
    const again = {
      async *[Symbol.asyncIterator]() {
        yield { id: 2, mine: 'x' }
        await (other ??= append([{ id: 3, yours: 'y' }]))
      },
    }
    await append(again)
    expect(await tables.rows(table)).toEqual([
      { id: 1, yours: null, mine: null },
      { id: 3, yours: 'y', mine: null },
      { id: 2, yours: null, mine: 'x' },
    ])
  })
})

describe('a replacement', () => {
  const replace = (source: unknown, load = {}) => tables.load('replace', table, source, { load })

  test('makes its rows the whole content; the ones before stay readable', async () => {
    const first = await append([{ id: 1 }, { id: 2 }])
    await append([{ id: 3 }])
    const replaced = await replace([{ id: 4 }])
    expect(await tables.rows(table)).toEqual([{ id: 4 }])
    expect(await tables.rows(table, { version: BigInt(first.snapshot ?? 0) })).toEqual([{ id: 1 }, { id: 2 }])
    const { snapshot } = await tables.view(table)
    expect(snapshot?.['snapshot-id']).toBe(BigInt(replaced.snapshot ?? 0))
    expect(snapshot?.summary).toMatchObject({
      operation: 'overwrite',
      'deleted-records': '3',
      'deleted-data-files': '2',
      'total-records': '1',
    })
  })

  test('makes the table when there is none', async () => {
    await replace([{ id: 1 }])
    expect(await tables.rows(table)).toEqual([{ id: 1 }])
  })

  test('by no rows empties the table', async () => {
    await append([{ id: 1 }])
    expect((await replace([])).snapshot).toBeDefined()
    expect(await tables.rows(table)).toEqual([])
    await append([{ id: 2 }])
    expect(await tables.rows(table)).toEqual([{ id: 2 }])
  })

  test('is planned again when the table has got rows meanwhile', async () => {
    await append([{ id: 1 }])
    const results = await Promise.all([replace([{ id: 2 }]), append([{ id: 3 }]), replace([{ id: 4 }])])
    expect(new Set(results.map(({ snapshot }) => snapshot)).size).toBe(3)
    const { metadata } = await tables.view(table)
    expect(metadata.snapshots).toHaveLength(4)
    const last = metadata.snapshots?.at(-1)
    expect(last?.['parent-snapshot-id']).toBe(metadata.snapshots?.at(-2)?.['snapshot-id'])
  })

  test('and appends alternate as in a table in memory', async () => {
    await replace([{ id: 1 }])
    await append([{ id: 2 }])
    await replace([{ id: 3 }])
    await append([{ id: 4 }])
    expect(await tables.rows(table)).toEqual([{ id: 3 }, { id: 4 }])
  })
})

describe('reading', () => {
  test('by a time, a tag, a snapshot', async () => {
    const before = await append([{ id: 1 }])
    const { metadata } = await tables.view(table)
    const then = new Date(metadata['last-updated-ms'])
    await expectCode(tables.rows(table, { version: new Date(0) }), 'TABLE_VERSION_NOT_FOUND')
    await expectCode(tables.rows(table, { version: 'nope' }), 'TABLE_VERSION_NOT_FOUND')
    await expectCode(tables.rows(table, { version: 5n }), 'TABLE_VERSION_NOT_FOUND')
    expect(await tables.rows(table, { version: before.snapshot })).toEqual([{ id: 1 }])
    expect(await tables.rows(table, { version: then })).toEqual([{ id: 1 }])
    expect(await tables.rows(table, { version: 'main' })).toEqual([{ id: 1 }])
  })

  test('a column that is not there is told, with those that are', async () => {
    await append([{ id: 1 }])
    await expect(tables.rows(table, { where: { idd: 1 } })).rejects.toThrow(/no column called idd; it has id/)
  })
})

test('the same load three times at once, each from a stream of its own, is one load', async () => {
  await using own = await openTestTables()
  async function* rows(): AsyncGenerator<object> {
    for (let id = 0; id < 2_000; id++) {
      if (id % 500 === 0) await new Promise((resolve) => void setImmediate(resolve))
      yield { id }
    }
  }
  for (let round = 0; round < 4; round++) {
    const load = { id: `x${round}` }
    const results = await Promise.all([1, 2, 3].map(() => own.load('append', 'a.same', rows(), { load })))
    expect(results.filter(({ repeated }) => !repeated)).toHaveLength(1)
    expect(await own.rows('a.same')).toHaveLength(2_000 * (round + 1))
  }
})
