import * as fc from 'fast-check'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { IcebergType } from '../format/schema.ts'
import { anySchema } from '../testing/any-schema.testsupport.ts'
import type { DuckSession } from './duck-session.ts'
import { duckdbType, fieldIds } from './duckdb-types.ts'
import { icebergTypeOf } from './iceberg-type-of.ts'
import { type Duck, openDuck } from './open-duck.ts'
import { identifier } from './quote.ts'

let staging: string
let duck: Duck
let session: DuckSession
beforeAll(async () => {
  staging = await mkdtemp(path.join(tmpdir(), 'sluice-duck-'))
  duck = await openDuck({ threads: 1, staging })
  session = await duck.session()
})
afterAll(async () => {
  await session[Symbol.asyncDispose]()
  await duck[Symbol.asyncDispose]()
  await rm(staging, { recursive: true, force: true })
})

const counter = (from = 0): (() => number) => {
  let last = from
  return () => ++last
}

describe('types', () => {
  test('every type of Iceberg comes back from DuckDB as itself, with any names inside', async () => {
    await fc.assert(
      fc.asyncProperty(anySchema({ fixed: false }), async (schema) => {
        const select = `SELECT ${schema.fields
          .map((field) => `NULL::${duckdbType(field.type)} AS ${identifier(field.name)}`)
          .join(', ')}`
        const columns = await session.columns(select)
        expect(columns.map((column) => withoutIds(icebergTypeOf(column.type, counter())))).toEqual(
          schema.fields.map((field) => withoutIds(field.type)),
        )
      }),
      { numRuns: Number(process.env['RUNS'] ?? 40) },
    )
  })

  test('ids of nested types are new and each is used once', () => {
    const type = icebergTypeOf(
      'STRUCT(a INTEGER[], "b ""c""" MAP(VARCHAR, STRUCT(x DATE, y DECIMAL(9,2))))',
      counter(10),
    )
    expect(type).toEqual({
      type: 'struct',
      fields: [
        {
          id: 11,
          name: 'a',
          required: false,
          type: { type: 'list', 'element-id': 13, element: 'int', 'element-required': false },
        },
        {
          id: 12,
          name: 'b "c"',
          required: false,
          type: {
            type: 'map',
            'key-id': 14,
            key: 'string',
            'value-id': 15,
            value: {
              type: 'struct',
              fields: [
                { id: 16, name: 'x', required: false, type: 'date' },
                { id: 17, name: 'y', required: false, type: 'decimal(9, 2)' },
              ],
            },
            'value-required': false,
          },
        },
      ],
    })
  })

  test.each([
    ['HUGEINT', 'decimal(38, 0)'],
    ['UBIGINT', 'decimal(38, 0)'],
    ['UINTEGER', 'long'],
    ['TINYINT', 'int'],
    ['USMALLINT', 'int'],
    ["ENUM('a', 'b,)')", 'string'],
    ['JSON', 'string'],
    ['TIMESTAMP_NS', 'timestamp'],
    ['INTEGER[3]', 'list'],
    ['INTERVAL', undefined],
    ['BIT', undefined],
    ['STRUCT(a INTERVAL)', undefined],
    ['TIME WITH TIME ZONE', undefined],
  ])('%s is %s', (text, expected) => {
    const type = icebergTypeOf(text, counter())
    expect(typeof type === 'object' ? type.type : type).toBe(expected)
  })

  test('ids reach every node of a Parquet file', async () => {
    await fc.assert(
      fc.asyncProperty(anySchema({ fixed: true }), async (schema) => {
        const file = path.join(staging, 'ids.parquet')
        const columns = schema.fields.map((field) => `NULL::${duckdbType(field.type)} AS ${identifier(field.name)}`)
        await session.run(
          `COPY (SELECT ${columns.join(', ')}) TO '${file}' (FORMAT parquet, FIELD_IDS ${fieldIds(schema)})`,
        )
        const nodes = await session.all<{ field_id: number | null }>(`SELECT field_id FROM parquet_schema('${file}')`)
        const ids = nodes.flatMap(({ field_id: id }) => (id === null ? [] : [id]))
        expect(ids.toSorted((a, b) => a - b)).toEqual(schema.fields.flatMap(idsIn).toSorted((a, b) => a - b))
      }),
      { numRuns: Number(process.env['RUNS'] ?? 40) },
    )
  })
})

function idsIn({ id, type }: { readonly id: number; readonly type: IcebergType }): readonly number[] {
  if (typeof type === 'string') return [id]
  if (type.type === 'struct') return [id, ...type.fields.flatMap(idsIn)]
  if (type.type === 'list') return [id, ...idsIn({ id: type['element-id'], type: type.element })]
  return [id, ...idsIn({ id: type['key-id'], type: type.key }), ...idsIn({ id: type['value-id'], type: type.value })]
}

function withoutIds(type: IcebergType | undefined): unknown {
  return JSON.parse(
    JSON.stringify(type ?? null, (name, value: unknown) =>
      /^id$|-id$|required$|^doc$/.test(name) ? undefined : value,
    ),
  )
}
