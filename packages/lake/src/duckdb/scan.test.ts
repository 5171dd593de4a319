import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { DataFile, ManifestEntry } from '../format/manifest.ts'
import type { Field, Schema } from '../format/schema.ts'
import type { LentFiles } from '../storage/lake-storage.ts'
import { onDuck } from '../testing/on-duck.testsupport.ts'
import { scanSql } from './scan.ts'

const duck = onDuck()

const schemaOf = (...fields: readonly Field[]): Schema => ({ type: 'struct', 'schema-id': 0, fields })
const column = (id: number, name: string, type: Field['type'] = 'int'): Field => ({ id, name, required: false, type })

function entry(file: DataFile, sequenceNumber = 1): ManifestEntry {
  return { status: 'added', snapshotId: 1n, sequenceNumber, fileSequenceNumber: sequenceNumber, file }
}

const lentOf = (paths: readonly string[]): LentFiles => ({ paths, [Symbol.asyncDispose]: () => Promise.resolve() })

async function rowsOf(schema: Schema, entries: readonly ManifestEntry[], schemas: readonly Schema[] = [schema]) {
  const lent = lentOf(entries.map(({ file }) => fileURLToPath(file.path)))
  const { item } = await scanSql({ schema, schemas, entries, lent })
  return duck.session.all(`SELECT * FROM ${item}`)
}

describe('a scan', () => {
  test('finds columns by their ids: renamed, swapped, widened, added and dropped ones', async () => {
    const old = schemaOf(column(1, 'a'), column(2, 'b', 'float'), column(3, 'c', 'decimal(9, 2)'), column(4, 'gone'))
    const now = schemaOf(
      column(2, 'a', 'double'),
      column(1, 'b', 'long'),
      column(3, 'C c', 'decimal(20, 2)'),
      column(5, 'gone', 'string'),
    )
    const before = await duck.write(old, 'SELECT 1 AS a, 2.5 AS b, 3.25 AS c, 9 AS gone')
    const after = await duck.write(now, `SELECT 20.5 AS a, 10 AS b, 30.25 AS "C c", 'x' AS gone`)
    expect(
      await rowsOf(
        now,
        [...before, ...after].map((file) => entry(file)),
        [old, now],
      ),
    ).toEqual([
      { a: 2.5, b: 1, 'C c': '3.25', gone: null },
      { a: 20.5, b: 10, 'C c': '30.25', gone: 'x' },
    ])
  })

  test('adds and widens what is inside structs and lists', async () => {
    const inside = (type: 'int' | 'long', more: readonly Field[]): Schema =>
      schemaOf(
        column(1, 's', { type: 'struct', fields: [column(2, 'x', type), ...more] }),
        column(3, 'l', {
          type: 'list',
          'element-id': 4,
          'element-required': false,
          element: { type: 'struct', fields: [column(5, 'y', type)] },
        }),
      )
    const [old, now] = [inside('int', []), inside('long', [column(6, 'z', 'string')])]
    const files = await duck.write(old, 'SELECT {x: 1} AS s, [{y: 2}] AS l')
    expect(
      await rowsOf(
        now,
        files.map((file) => entry(file)),
        [old, now],
      ),
    ).toEqual([{ s: { x: 1, z: null }, l: [{ y: 2 }] }])
  })

  test('refuses structs whose members were renamed: DuckDB would find nulls', async () => {
    const [old, now] = ['x', 'y'].map((name) => schemaOf(column(1, 's', { type: 'struct', fields: [column(2, name)] })))
    if (!old || !now) throw new Error('no schemas')
    await expect(rowsOf(now, [], [old, now])).rejects.toMatchObject({ code: 'LAKE_FORMAT_UNSUPPORTED' })
    const again = schemaOf(column(1, 's', { type: 'struct', fields: [column(3, 'x')] }))
    await expect(rowsOf(again, [], [old, again])).rejects.toMatchObject({ code: 'LAKE_FORMAT_UNSUPPORTED' })
  })

  test('a renamed column with members is no renamed member', async () => {
    const [old, now] = ['s', 't'].map((name) => schemaOf(column(1, name, { type: 'struct', fields: [column(2, 'x')] })))
    if (!old || !now) throw new Error('no schemas')
    const files = await duck.write(old, 'SELECT {x: 1} AS s')
    expect(
      await rowsOf(
        now,
        files.map((file) => entry(file)),
        [old, now],
      ),
    ).toEqual([{ t: { x: 1 } }])
  })

  test('of no files has the columns, and no rows', async () => {
    const schema = schemaOf(column(1, 'a b'), column(2, 's', { type: 'struct', fields: [column(3, 'x')] }))
    const { item } = await scanSql({
      schema,
      schemas: [schema],
      entries: [],
      lent: lentOf([]),
    })
    expect(await duck.session.columns(`SELECT * FROM ${item}`)).toEqual([
      { name: 'a b', type: 'INTEGER' },
      { name: 's', type: 'STRUCT(x INTEGER)' },
    ])
  })

  test('leaves out what another engine has deleted by position, in files that were there before', async () => {
    const schema = schemaOf(column(1, 'n'))
    const [first] = await duck.write(schema, 'SELECT range::INTEGER AS n FROM range(5)')
    const [second] = await duck.write(schema, 'SELECT range::INTEGER AS n FROM range(10, 15)')
    if (!first || !second) throw new Error('no files')
    const positions = schemaOf(
      { id: 2147483546, name: 'file_path', required: true, type: 'string' },
      { id: 2147483545, name: 'pos', required: true, type: 'long' },
    )
    const [deletes] = await duck.write(
      positions,
      `SELECT * FROM (VALUES ('${first.path}', 0), ('${first.path}', 3), ('${second.path}', 1)) AS t (file_path, pos)`,
    )
    if (!deletes) throw new Error('no deletes')
    const deleted = { ...deletes, content: 1 as const }
    const rows = (entries: readonly ManifestEntry[]) => rowsOf(schema, entries)
    expect(await rows([entry(first, 1), entry(second, 1), entry(deleted, 2)])).toEqual(
      [1, 2, 4, 10, 12, 13, 14].map((n) => ({ n })),
    )
    expect(await rows([entry(first, 1), entry(second, 3), entry(deleted, 2)])).toEqual(
      [1, 2, 4, 10, 11, 12, 13, 14].map((n) => ({ n })),
    )
  })

  test('refuses deletes by values rather than to show what was deleted', async () => {
    const schema = schemaOf(column(1, 'n'))
    const [file] = await duck.write(schema, 'SELECT 1 AS n')
    if (!file) throw new Error('no file')
    await expect(
      rowsOf(schema, [entry(file), entry({ ...file, content: 2, equalityIds: [1] }, 2)]),
    ).rejects.toMatchObject({
      code: 'LAKE_FORMAT_UNSUPPORTED',
    })
  })
})
