import { describe, expect, test } from 'vitest'
import { evolveSchema } from './evolve-schema.ts'
import { partitionSpec } from './partition-spec.ts'
import { canPromote, fitsInto } from './promotion.ts'
import { sameSchema } from './same-schema.ts'
import { allFieldIds, assignFreshIds, fieldsById, findField, highestFieldId } from './schema-fields.ts'
import type { Field, IcebergType, PrimitiveType, Schema } from './schema.ts'

const table = assignFreshIds(
  schemaOf([
    ['id', 'long', true],
    ['fare', 'float'],
    ['price', 'decimal(9, 2)'],
    [
      'address',
      struct([
        ['city', 'string'],
        ['zip', 'int'],
      ]),
    ],
    ['tags', list('int')],
    ['counts', map('string', 'int')],
  ]),
).schema

describe('fresh ids', () => {
  test('go through a struct before they go into it, and are all different', () => {
    expect([...fieldsById(table)].map(([id, place]) => [id, place.path])).toStrictEqual([
      [1, 'id'],
      [2, 'fare'],
      [3, 'price'],
      [4, 'address'],
      [7, 'address.city'],
      [8, 'address.zip'],
      [5, 'tags'],
      [9, 'tags.element'],
      [6, 'counts'],
      [10, 'counts.key'],
      [11, 'counts.value'],
    ])
    expect(highestFieldId(table)).toBe(11)
  })

  test('begin above the last one, and the key follows them', () => {
    const next = assignFreshIds({ ...table, 'identifier-field-ids': [1] }, 100)
    expect(next.lastColumnId).toBe(111)
    expect(Math.min(...allFieldIds(next.schema))).toBe(101)
    expect(next.schema['identifier-field-ids']).toStrictEqual([101])
  })

  test('are found by path, a column with a dot in its name first', () => {
    expect(findField(table, 'address.zip')?.id).toBe(8)
    expect(findField(table, 'nothing')).toBeUndefined()
    expect(
      findField(
        schemaOf([
          ['a', struct([['b', 'int']])],
          ['a.b', 'string'],
        ]),
        'a.b',
      )?.type,
    ).toBe('string')
  })
})

describe('a table that meets other data', () => {
  test('stays itself when they fit, narrower types and missing columns included', () => {
    const { schema, missing, conflicts } = evolveSchema(
      table,
      schemaOf([
        ['id', 'int'],
        ['fare', 'float'],
        ['price', 'decimal(5, 1)'],
      ]),
    )
    expect(schema).toBe(table)
    expect(missing).toStrictEqual(['address', 'tags', 'counts'])
    expect(conflicts).toStrictEqual([])
  })

  test('gets new columns at the end, optional and above every id that was ever given, also within structs', () => {
    const wanted = schemaOf([
      ['tip', 'double', true],
      ['address', struct([['street', list('string')]])],
    ])
    const evolved = evolveSchema(table, wanted, { lastColumnId: 50 })
    expect(evolved.added).toStrictEqual(['address.street', 'tip'])
    expect(evolved.lastColumnId).toBe(53)
    expect(findField(evolved.schema, 'tip')).toStrictEqual({ id: 53, name: 'tip', required: false, type: 'double' })
    expect(findField(evolved.schema, 'address.street.element')?.id).toBe(52)
    for (const [id, place] of fieldsById(table)) expect(fieldsById(evolved.schema).get(id)?.path).toBe(place.path)
  })

  test('widens types, also in lists and maps', () => {
    const wanted = schemaOf([
      ['fare', 'double'],
      ['price', 'decimal(20, 2)'],
      ['tags', list('long')],
      ['counts', map('string', 'long')],
    ])
    const { schema, widened } = evolveSchema(table, wanted)
    expect(widened.map(({ column, to }) => [column, to])).toStrictEqual([
      ['fare', 'double'],
      ['price', 'decimal(20, 2)'],
      ['tags.element', 'long'],
      ['counts.value', 'long'],
    ])
    expect(findField(schema, 'tags.element')).toMatchObject({ id: 9, type: 'long' })
  })

  test('keeps its types where others cannot be had, and says so', () => {
    const wanted = schemaOf([
      ['id', 'string'],
      ['price', 'decimal(20, 3)'],
      ['address', 'string'],
      ['tags', struct([])],
      ['counts', map('int', 'int')],
    ])
    const { schema, conflicts } = evolveSchema(table, wanted)
    expect(schema).toBe(table)
    expect(conflicts).toStrictEqual([
      { column: 'id', from: 'long', to: 'string' },
      { column: 'price', from: 'decimal(9, 2)', to: 'decimal(20, 3)' },
      { column: 'address', from: 'struct', to: 'string' },
      { column: 'tags', from: 'list', to: 'struct' },
      { column: 'counts.key', from: 'string', to: 'int' },
    ])
  })

  test('lets a required column be null only when that was asked for', () => {
    const wanted = schemaOf([['id', 'long']])
    expect(evolveSchema(table, wanted).schema).toBe(table)
    const { schema, relaxed } = evolveSchema(table, wanted, { relax: true })
    expect([relaxed, findField(schema, 'id')?.required]).toStrictEqual([['id'], false])
  })
})

describe('types', () => {
  test.each<[PrimitiveType, PrimitiveType, boolean]>([
    ['int', 'long', true],
    ['long', 'int', false],
    ['float', 'double', true],
    ['double', 'float', false],
    ['decimal(9, 2)', 'decimal(10, 2)', true],
    ['decimal(9, 2)', 'decimal(10, 3)', false],
    ['decimal(9, 2)', 'decimal(8, 2)', false],
    ['int', 'double', false],
    ['date', 'timestamp', false],
    ['timestamp', 'timestamptz', false],
  ])('%s becomes %s: %s', (from, to, can) => {
    expect(canPromote(from, to)).toBe(can)
  })

  test.each<[PrimitiveType, PrimitiveType, boolean]>([
    ['int', 'double', true],
    ['long', 'double', false],
    ['decimal(5, 1)', 'decimal(9, 2)', true],
    ['decimal(9, 1)', 'decimal(9, 2)', false],
    ['float', 'double', true],
    ['string', 'string', true],
  ])('every %s is a %s: %s', (narrow, wide, fits) => {
    expect(fitsInto(narrow, wide)).toBe(fits)
  })

  test('that say the same are the same schema, whatever its number', () => {
    expect(sameSchema(table, { ...table, 'schema-id': 9, 'identifier-field-ids': [] })).toBe(true)
    expect(sameSchema(table, { ...table, 'identifier-field-ids': [1] })).toBe(false)
    expect(sameSchema(table, { ...table, fields: table.fields.toReversed() })).toBe(false)
  })
})

describe('what a table is partitioned by', () => {
  const trips = schemaOf([
    ['id', 'long'],
    ['pickup_at', 'timestamp'],
    ['pickup_at_day', 'int'],
    ['fare', 'double'],
  ])

  test('is named as Spark names it, beside columns of such names', () => {
    const { fields } = partitionSpec(trips, [
      { column: 'pickup_at', transform: 'month' },
      { column: 'pickup_at', transform: 'day' },
      { column: 'id', transform: 'bucket[16]' },
      { column: 'id', transform: 'truncate[10]' },
      { column: 'id', transform: 'identity' },
    ])
    expect(fields.map((field) => field.name)).toStrictEqual([
      'pickup_at_month',
      'pickup_at_day_2',
      'id_bucket',
      'id_trunc',
      'id',
    ])
    expect(fields.map((field) => field['field-id'])).toStrictEqual([1_000, 1_001, 1_002, 1_003, 1_004])
  })

  test.each([
    ['a column that is not there', { column: 'x', transform: 'day' }],
    ['a type that has no days', { column: 'id', transform: 'day' }],
    ['a floating point number, which PyIceberg rounds', { column: 'fare', transform: 'identity' }],
  ] as const)('is not %s', (_, by) => {
    expect(() => partitionSpec(trips, [by])).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
  })

  test('is not the same twice', () => {
    const by = { column: 'id', transform: 'identity' } as const
    expect(() => partitionSpec(trips, [by, by])).toThrow(/there twice/)
  })
})

type Column = readonly [name: string, type: IcebergType, required?: boolean]

function schemaOf(columns: readonly Column[]): Schema {
  return { type: 'struct', 'schema-id': 0, fields: fieldsOf(columns) }
}

function struct(columns: readonly Column[]): IcebergType {
  return { type: 'struct', fields: fieldsOf(columns) }
}

function fieldsOf(columns: readonly Column[]): readonly Field[] {
  return columns.map(([name, type, required = false], at) => ({ id: at + 1, name, required, type }))
}

function list(element: IcebergType): IcebergType {
  return { type: 'list', 'element-id': 90, element, 'element-required': false }
}

function map(key: IcebergType, value: IcebergType): IcebergType {
  return { type: 'map', 'key-id': 91, key, 'value-id': 92, value, 'value-required': false }
}
