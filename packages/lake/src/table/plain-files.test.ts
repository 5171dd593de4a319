import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { scanSql } from '../duckdb/scan.ts'
import type { Schema } from '../format/schema.ts'
import { openTestTables, type TestTables } from '../testing/test-lake.testsupport.ts'
import { arePlain } from './plain-files.ts'

let tables: TestTables
let file: string
beforeAll(async () => {
  tables = await openTestTables()
  file = path.join(tables.lake.storage.staging, 'plain.parquet')
  await using session = await (await tables.lake.duck()).session()
  await session.run(
    `COPY (SELECT range AS id, range / 2 AS fare FROM range(3)) TO '${file}' (FORMAT parquet, FIELD_IDS {id: 1, fare: 2})`,
  )
})
afterAll(() => tables[Symbol.asyncDispose]())

const field = (id: number, name: string, type: 'long' | 'double' | 'int'): Schema['fields'][number] => ({
  id,
  name,
  required: false,
  type,
})
const same = [field(1, 'id', 'long'), field(2, 'fare', 'double')]
const entry = (content: 0 | 1 = 0, records = 600_000) =>
  ({ sequenceNumber: 1, file: { content, path: 'file:///x', records, size: 1 } }) as const
const asked = (fields: readonly Schema['fields'][number][], entries = [entry()]): Promise<boolean> =>
  arePlain(tables.lake, [file], { entries, schema: { type: 'struct', 'schema-id': 0, fields } })

test('a file that has just the columns of the schema may be read by name, in any order', async () => {
  expect(await asked(same)).toBe(true)
  expect(await asked(same.toReversed())).toBe(true)
  await using scan = await scanSql({
    entries: [entry()],
    schema: { type: 'struct', 'schema-id': 0, fields: same },
    schemas: [],
    lent: { paths: [file], async [Symbol.asyncDispose]() {} },
    plain: true,
  })
  await using session = await (await tables.lake.duck()).session()
  expect(await session.all(`FROM ${scan.item}`)).toEqual([0, 1, 2].map((id) => ({ id, fare: id / 2 })))
})

test.each<[string, readonly Schema['fields'][number][]]>([
  ['was renamed', [field(1, 'id', 'long'), field(2, 'price', 'double')]],
  ['was widened', [field(1, 'id', 'int'), field(2, 'fare', 'double')]],
  ['was dropped and made anew', [field(1, 'id', 'long'), field(3, 'fare', 'double')]],
  ['has swapped its name with another', [field(2, 'id', 'long'), field(1, 'fare', 'double')]],
  ['was added', [...same, field(3, 'tip', 'double')]],
  ['was dropped', [field(1, 'id', 'long')]],
])('a file with a column that %s since is read by field ids', async (_, fields) => {
  expect(await asked(fields)).toBe(false)
})

test('nor is one of few rows, or one with deletes', async () => {
  expect(await asked(same, [entry(0, 1_000)])).toBe(false)
  expect(await asked(same, [entry(), entry(1)])).toBe(false)
})
