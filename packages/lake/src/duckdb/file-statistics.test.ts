import { describe, expect, test } from 'vitest'
import { encodeLowerBound, encodeUpperBound } from '../format/bounds.ts'
import { decodeSingleValue } from '../format/single-value.ts'
import type { PrimitiveType, Schema } from '../format/schema.ts'
import type { DataFile, PartitionValue } from '../format/manifest.ts'
import { onDuck } from '../testing/on-duck.testsupport.ts'

const duck = onDuck()

/** The bounds of one column that a file of these values (SQL) gets. */
async function boundsOf(type: PrimitiveType, ...values: readonly string[]): Promise<readonly unknown[]> {
  const [file] = await write(
    schemaOf(type),
    `SELECT * FROM (VALUES ${values.map((value) => `(${value})`).join(', ')}) AS t (c)`,
  )
  return [decoded(type, file?.lowerBounds), decoded(type, file?.upperBounds)]
}

function schemaOf(type: PrimitiveType): Schema {
  return { type: 'struct', 'schema-id': 0, fields: [{ id: 1, name: 'c', required: false, type }] }
}

function decoded(type: PrimitiveType, bounds: DataFile['lowerBounds']): PartitionValue | undefined {
  const bytes = bounds?.get(1)
  return bytes && decodeSingleValue(type, bytes)
}

function write(schema: Schema, select: string): Promise<readonly DataFile[]> {
  return duck.write(schema, select)
}

describe("traps of DuckDB's statistics", () => {
  test('booleans are printed as 0 and 1', async () => {
    expect(await boundsOf('boolean', 'true', 'false')).toEqual([false, true])
    expect(await boundsOf('boolean', 'true')).toEqual([true, true])
  })

  test("sums of integers are HUGEINT, which DuckDB writes as a double: they are cast to the table's type", async () => {
    expect(await boundsOf('decimal(38, 0)', '9007199254740993::HUGEINT')).toEqual([
      9007199254740993n,
      9007199254740993n,
    ])
    expect(await boundsOf('long', '9007199254740993::HUGEINT')).toEqual([9007199254740993n, 9007199254740993n])
    expect(await duck.parquetTypes()).toContainEqual({ name: 'c', type: 'INT64', converted_type: 'INT_64' })
  })

  test('small and unsigned integers have types in Parquet that Iceberg does not know: they are cast, too', async () => {
    expect(await boundsOf('int', '7::UTINYINT', '250::UTINYINT')).toEqual([7, 250])
    expect(await duck.parquetTypes()).toContainEqual({ name: 'c', type: 'INT32', converted_type: 'INT_32' })
    expect(await boundsOf('timestamp', "TIMESTAMP_NS '2026-01-01 00:00:00.123456789'")).toEqual([
      1767225600123456n,
      1767225600123456n,
    ])
  })

  test('bytes are printed as hexadecimal digits', async () => {
    expect(await boundsOf('binary', "'\\x00\\xFF'::BLOB", "'0041'::BLOB")).toEqual([
      new Uint8Array([0, 255]),
      new TextEncoder().encode('0041'),
    ])
  })

  test('texts are cut at 256 bytes: what may be cut is no upper bound', async () => {
    expect(await boundsOf('string', "repeat('x', 300)")).toEqual(['x'.repeat(16), undefined])
    expect(await boundsOf('string', "repeat('é', 200)")).toEqual([undefined, undefined])
    expect(await boundsOf('string', "repeat('x', 100)")).toEqual(['x'.repeat(16), `${'x'.repeat(15)}y`])
  })

  test('infinities are printed as words: of numbers they are bounds, of dates they are none', async () => {
    expect(await boundsOf('double', "'inf'::DOUBLE", "'-inf'::DOUBLE")).toEqual([-Infinity, Infinity])
    expect(await boundsOf('date', "DATE 'infinity'", "DATE '2026-01-01'")).toEqual([20454, undefined])
    expect(await boundsOf('timestamp', "TIMESTAMP '-infinity'", "TIMESTAMP '1970-01-01 00:00:01'")).toEqual([
      undefined,
      1000000n,
    ])
  })

  test('years before Christ are printed with (BC), years beyond 9999 with five digits', async () => {
    expect(await boundsOf('date', "DATE '0044-03-15 (BC)'", "DATE '0044-03-15'")).toEqual([undefined, -703383])
    expect(await boundsOf('date', "DATE '12345-01-01'", "DATE '1969-12-31'")).toEqual([-1, 3789391])
    expect(await boundsOf('timestamp', "TIMESTAMP '0001-01-01 00:00:00'")).toEqual([
      -62135596800000000n,
      -62135596800000000n,
    ])
  })

  test('NaN is only a flag: without their number there are no bounds, as readers take no count for none', async () => {
    const [file] = await write(schemaOf('double'), "SELECT unnest([1.5::DOUBLE, 'nan'::DOUBLE]) AS c")
    expect([file?.nanCounts?.get(1), file?.lowerBounds?.get(1), file?.upperBounds?.get(1)]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    const [clean] = await write(schemaOf('double'), 'SELECT 1.5::DOUBLE AS c')
    expect(clean?.nanCounts?.get(1)).toBe(0)
  })

  test('zeros have either sign, whichever came first: bounds include both', async () => {
    expect(await boundsOf('double', '-0.0::DOUBLE', '0.0::DOUBLE')).toEqual([-0, 0])
    expect(await boundsOf('double', '0.0::DOUBLE', '-0.0::DOUBLE')).toEqual([-0, 0])
  })

  test("times with a zone are printed in the session's, which is UTC", async () => {
    const noon = 1767268800000000n
    expect(await boundsOf('timestamptz', "TIMESTAMPTZ '2026-01-01 14:00:00+02'")).toEqual([noon, noon])
  })

  test('UUIDs are bounded only where all readers have the same order', async () => {
    const small = '0190b1c2-0000-7000-8000-00000000000f'
    expect(await boundsOf('uuid', `'${small}'::UUID`)).toEqual([small, small])
    expect(await boundsOf('uuid', `'${small}'::UUID`, "'f190b1c2-0000-7000-8000-00000000000f'::UUID")).toEqual([
      undefined,
      undefined,
    ])
  })

  test('decimals and times are exact', async () => {
    expect(await boundsOf('decimal(9, 2)', '-5.5', '1234567.89')).toEqual([-550n, 123456789n])
    expect(await boundsOf('time', "TIME '00:00:00.000001'", "TIME '23:59:59'")).toEqual([1n, 86399000000n])
    expect(await boundsOf('float', '0.1::FLOAT')).toEqual([Math.fround(0.1), Math.fround(0.1)])
  })

  test('what is inside structs, lists and maps has no bounds and no counts', async () => {
    const schema: Schema = {
      type: 'struct',
      'schema-id': 0,
      fields: [
        {
          id: 1,
          name: 's',
          required: false,
          type: { type: 'struct', fields: [{ id: 2, name: 'x', required: false, type: 'long' }] },
        },
        {
          id: 3,
          name: 'l',
          required: false,
          type: { type: 'list', 'element-id': 4, element: 'long', 'element-required': false },
        },
      ],
    }
    const [file] = await write(schema, 'SELECT unnest([{x: 1}, NULL]) AS s, [1, 2] AS l')
    expect(file).toMatchObject({ valueCounts: new Map(), nullCounts: new Map(), lowerBounds: new Map() })
    expect([...(file?.columnSizes?.keys() ?? [])]).toEqual([2, 4])
  })

  test('a column of nulls only has counts, and no bounds', async () => {
    const [file] = await write(schemaOf('string'), 'SELECT NULL AS c FROM range(3)')
    expect(file).toMatchObject({
      valueCounts: new Map([[1, 3]]),
      nullCounts: new Map([[1, 3]]),
      lowerBounds: new Map(),
    })
  })
})

test("bounds are those of the format's own encoding", async () => {
  const [file] = await write(schemaOf('string'), "SELECT 'a long text beyond sixteen' AS c")
  expect(file?.lowerBounds?.get(1)).toEqual(encodeLowerBound('string', 'a long text beyond sixteen'))
  expect(file?.upperBounds?.get(1)).toEqual(encodeUpperBound('string', 'a long text beyond sixteen'))
})
