import * as fc from 'fast-check'
import { readdir } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { compareValues } from '../format/compare-values.ts'
import type { DataFile, PartitionValue } from '../format/manifest.ts'
import { partitionSpec } from '../format/partition-spec.ts'
import type { PrimitiveType, Schema } from '../format/schema.ts'
import { decodeSingleValue } from '../format/single-value.ts'
import type { Transform } from '../format/table-metadata.ts'
import { applyTransform } from '../format/transforms.ts'
import { onDuck } from '../testing/on-duck.testsupport.ts'
import { duckdbType } from './duckdb-types.ts'
import { literal } from './quote.ts'

const duck = onDuck()
const runs = Number(process.env['RUNS'] ?? 60)

function schemaOf(...types: readonly PrimitiveType[]): Schema {
  return {
    type: 'struct',
    'schema-id': 0,
    fields: types.map((type, i) => ({ id: i + 1, name: `c${i}`, required: false, type })),
  }
}

const by = (schema: Schema, column: string, transform: Transform) => partitionSpec(schema, [{ column, transform }])

/** Values of a type as SQL, with what JavaScript computes with. */
const values: Partial<
  Record<PrimitiveType, fc.Arbitrary<readonly [sql: string, value: Exclude<PartitionValue, null>]>>
> = {
  boolean: fc.boolean().map((b) => [String(b), b] as const),
  int: fc.integer().map((n) => [String(n), n] as const),
  long: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((n) => [literal(String(n)), n] as const),
  double: fc
    .oneof(fc.double({ noNaN: true }), fc.constantFrom(0, -0, Infinity, -Infinity))
    .map((n) => [literal(Object.is(n, -0) ? '-0.0' : String(n)), n] as const),
  float: fc.float({ noNaN: true }).map((n) => [literal(Object.is(n, -0) ? '-0.0' : String(n)), n] as const),
  string: fc
    .oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.string({ unit: 'grapheme', maxLength: 20 }))
    .filter((text) => text.isWellFormed() && !text.includes('\0'))
    .map((text) => [literal(text), text] as const),
  binary: fc
    .uint8Array({ maxLength: 300 })
    .map((bytes) => [`unhex('${Buffer.from(bytes).toString('hex')}')`, bytes] as const),
  date: fc.integer({ min: -900_000, max: 3_000_000 }).map((n) => [`DATE '1970-01-01' + ${n}`, n] as const),
  timestamp: fc.bigInt({ min: -(10n ** 16n), max: 10n ** 17n }).map((n) => [`make_timestamp(${n})`, n] as const),
  'decimal(20, 3)': fc
    .bigInt({ min: -(10n ** 20n) + 1n, max: 10n ** 20n - 1n })
    .map((n) => [`(${literal(String(n))}::DECIMAL(38,0) * 0.001::DECIMAL(4,3))`, n] as const),
}

describe('bounds', () => {
  test.each(Object.keys(values) as PrimitiveType[])(
    "no value of %s lies outside of its file's bounds",
    async (type) => {
      const schema = schemaOf(type)
      const column = fc.array(fc.option(values[type] ?? fc.constant(['', 0] as const)), { minLength: 1, maxLength: 8 })
      await fc.assert(
        fc.asyncProperty(column, async (cells) => {
          const rows = cells.map((cell) => `((${cell?.[0] ?? 'NULL'})::${duckdbType(type)})`).join(', ')
          const [file] = await duck.write(schema, `SELECT * FROM (VALUES ${rows}) AS t (c0)`)
          const lower = bound(type, file?.lowerBounds)
          const upper = bound(type, file?.upperBounds)
          for (const [, value] of cells.filter((cell) => cell !== null)) {
            if (lower !== undefined) expect(compareValues(lower, value)).toBeLessThanOrEqual(0)
            if (upper !== undefined) expect(compareValues(upper, value)).toBeGreaterThanOrEqual(0)
          }
          expect(file?.nullCounts?.get(1)).toBe(cells.filter((cell) => cell === null).length)
          expect(file?.records).toBe(cells.length)
        }),
        { numRuns: Math.ceil(runs / 4) },
      )
    },
  )
})

function bound(type: PrimitiveType, bounds: DataFile['lowerBounds']): Exclude<PartitionValue, null> | undefined {
  const bytes = bounds?.get(1)
  return bytes && decodeSingleValue(type, bytes)
}

describe('partitions', () => {
  const cases: readonly (readonly [PrimitiveType, Transform])[] = [
    ['string', 'identity'],
    ['binary', 'identity'],
    ['boolean', 'identity'],
    ['date', 'identity'],
    ['timestamp', 'identity'],
    ['long', 'identity'],
    ['decimal(20, 3)', 'identity'],
    ['string', 'truncate[3]'],
    ['timestamp', 'day'],
    ['date', 'month'],
    ['timestamp', 'hour'],
    ['date', 'year'],
    ['string', 'bucket[4]'],
    ['long', 'bucket[4]'],
  ]
  test.each(cases)(
    'every row of %s by %s is in the file of its partition, and in no other',
    async (type, transform) => {
      const schema = schemaOf(type, 'int')
      const spec = by(schema, 'c0', transform)
      const column = fc.array(fc.option(values[type] ?? fc.constant(['', 0] as const)), { minLength: 1, maxLength: 6 })
      await fc.assert(
        fc.asyncProperty(column, async (cells) => {
          const rows = cells.map((cell, i) => `((${cell?.[0] ?? 'NULL'})::${duckdbType(type)}, ${i})`).join(', ')
          const files = await duck.write(schema, `SELECT * FROM (VALUES ${rows}) AS t (c0, c1)`, spec)
          const seen: number[] = []
          for (const file of files)
            for (const { c1 } of await duck.session.all<{ c1: number }>(
              `SELECT c1 FROM read_parquet('${duck.pathOf(file)}', hive_partitioning = false)`,
            )) {
              expect(file.partition).toEqual([applyTransform(transform, type, cells[c1]?.[1] ?? null)])
              seen.push(c1)
            }
          expect(seen.toSorted((a, b) => a - b)).toEqual(cells.map((_, i) => i))
        }),
        { numRuns: Math.ceil(runs / 10) },
      )
    },
  )

  test('texts that paths cannot have, that are empty, or that are like the mark of null, are partitions of their own', async () => {
    const schema = schemaOf('string')
    const texts = [
      '',
      '..',
      '.',
      'a/b',
      'a=b',
      '%2F',
      '__HIVE_DEFAULT_PARTITION__',
      'NULL',
      'v',
      'h',
      'é'.repeat(200),
      'x'.repeat(5000),
      "it's",
      '*',
    ]
    const files = await duck.write(
      schema,
      `SELECT unnest([${texts.map(literal).join(', ')}, NULL]) AS c0`,
      by(schema, 'c0', 'identity'),
    )
    expect(new Set(files.map((file) => file.partition[0]))).toEqual(new Set([...texts, null]))
    expect(files).toHaveLength(texts.length + 1)
  })

  test('many of them, in any order, leave one file each', async () => {
    const schema = schemaOf('int', 'int')
    const files = await duck.write(
      schema,
      `SELECT (range * 7919 % 300)::INTEGER AS c0, range::INTEGER AS c1 FROM range(60000)`,
      by(schema, 'c0', 'identity'),
    )
    expect(files).toHaveLength(300)
    expect(files.reduce((sum, { records }) => sum + records, 0)).toBe(60_000)
  })
})

describe('writing', () => {
  test('ends a file where it is large enough', async () => {
    const files = await duck.write(
      schemaOf('int'),
      'SELECT hash(range) % 1000000000 AS c0 FROM range(600000)',
      undefined,
      '1MB',
    )
    expect(files.length).toBeGreaterThan(1)
    expect(files.reduce((sum, { records }) => sum + records, 0)).toBe(600_000)
  })

  test.each(["CAST('hello ''x''' AS ENUM('hello ''x'''))", "'hello ''x'''"])(
    'a text that the query has as %s is a text in the file',
    async (value) => {
      const select = `SELECT ${value} AS c0 FROM range(200000) UNION ALL SELECT NULL`
      const [file] = await duck.write(
        schemaOf('string'),
        select,
        undefined,
        undefined,
        new Map([['c0', ["hello 'x'"]]]),
      )
      expect(await duck.parquetTypes()).toContainEqual({ name: 'c0', type: 'BYTE_ARRAY', converted_type: 'UTF8' })
      const boundOf = (of: ReadonlyMap<number, Uint8Array> | undefined): unknown =>
        decodeSingleValue('string', of?.get(1) ?? Uint8Array.of())
      expect([boundOf(file?.lowerBounds), boundOf(file?.upperBounds)]).toEqual(["hello 'x'", "hello 'x'"])
      expect([file?.nullCounts?.get(1), file?.valueCounts?.get(1)]).toEqual([1, 200_001])
      const path = file && duck.pathOf(file)
      expect(await duck.session.all(`SELECT c0, count(*) AS n FROM '${path}' GROUP BY c0 ORDER BY n`)).toEqual([
        { c0: null, n: 1 },
        { c0: "hello 'x'", n: 200_000 },
      ])
    },
  )

  test('makes no file of no rows', async () => {
    const schema = schemaOf('int')
    expect(await duck.write(schema, 'SELECT 1 AS c0 WHERE false')).toEqual([])
    expect(await duck.write(schema, 'SELECT 1 AS c0 WHERE false', by(schema, 'c0', 'identity'))).toEqual([])
  })

  test('a query that fails leaves nothing behind', async () => {
    const before = await readdir(duck.storage.staging)
    const failing = `SELECT CASE WHEN range = 250000 THEN error('stop') ELSE range END AS c0 FROM range(300000)`
    await expect(duck.write(schemaOf('long'), failing)).rejects.toMatchObject({ code: 'LAKE_QUERY_FAILED' })
    expect(await readdir(duck.storage.staging)).toEqual(before)
  })

  test('a required column takes no null, a fixed one no other length', async () => {
    const schema = schemaOf('int')
    const required: Schema = { ...schema, fields: [{ id: 1, name: 'c0', required: true, type: 'int' }] }
    await expect(duck.write(required, 'SELECT NULL AS c0')).rejects.toMatchObject({ code: 'LAKE_VALUE_UNSUPPORTED' })
    const fixed = schemaOf('fixed[2]')
    expect(await duck.write(fixed, `SELECT '\\x01\\x02'::BLOB AS c0`)).toMatchObject([{ records: 1 }])
    await expect(duck.write(fixed, `SELECT '\\x01'::BLOB AS c0`)).rejects.toMatchObject({ code: 'LAKE_QUERY_FAILED' })
  })
})
