import { DuckDBInstance } from '@duckdb/node-api'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { primitiveTypes, runs, valueOf } from './format.fixture.ts'
import { hashValue } from './hash-value.ts'
import type { PartitionValue } from './manifest.ts'
import { decimalOf } from './primitive-type.ts'
import type { PrimitiveType } from './schema.ts'
import type { Transform } from './table-metadata.ts'
import { transformSql } from './transform-sql.ts'
import { applyTransform, parseTransform, transformResultType } from './transforms.ts'

type Value = Exclude<PartitionValue, null>

describe('the hash of a bucket is that of the specification (appendix B)', () => {
  test.each<[PrimitiveType, Value, number]>([
    ['int', 34, 2_017_239_379],
    ['long', 34n, 2_017_239_379],
    ['decimal(9, 2)', 1_420n, -500_754_589],
    ['date', 17_486, -653_330_422],
    ['time', 81_068_000_000n, -662_762_989],
    ['timestamp', 1_510_871_468_000_000n, -2_047_944_441],
    ['timestamp', 1_510_871_468_000_001n, -1_207_196_810],
    ['timestamptz', 1_510_871_468_000_000n, -2_047_944_441],
    ['string', 'iceberg', 1_210_000_089],
    ['uuid', 'f79c3e09-677c-4bbd-a479-3f349cb785e7', 1_488_055_340],
    ['fixed[4]', Uint8Array.of(0, 1, 2, 3), -188_683_207],
    ['binary', Uint8Array.of(0, 1, 2, 3), -188_683_207],
  ])('%s %s', (type, value, hash) => {
    expect(hashValue(type, value)).toBe(hash)
  })
})

describe('a transform', () => {
  test.each<[Transform, PrimitiveType, Value, Value]>([
    ['year', 'date', -1, -1],
    ['month', 'date', -1, -1],
    ['day', 'timestamp', -1n, -1],
    ['hour', 'timestamp', -1n, -1],
    ['year', 'timestamptz', 1_510_871_468_000_000n, 47],
    ['month', 'timestamptz', 1_510_871_468_000_000n, 574],
    ['day', 'timestamptz', 1_510_871_468_000_000n, 17_486],
    ['hour', 'timestamptz', 1_510_871_468_000_000n, 419_686],
    ['year', 'date', -719_529, -1_971],
    ['year', 'date', 2_932_897, 8_030],
    ['truncate[10]', 'int', -1, -10],
    ['truncate[10]', 'long', -1n, -10n],
    ['truncate[50]', 'decimal(9, 2)', 1_065n, 1_050n],
    ['truncate[2]', 'string', '😀é漢', '😀é'],
    ['truncate[2]', 'binary', Uint8Array.of(1, 2, 3), Uint8Array.of(1, 2)],
  ])('%s of %s %s is %s', (transform, type, value, result) => {
    expect(applyTransform(transform, type, value)).toStrictEqual(result)
  })

  test('of null is null, and void is always', () => {
    expect(applyTransform('bucket[4]', 'int', null)).toBeNull()
    expect(applyTransform('void', 'int', 4)).toBeNull()
  })

  test('agrees with the calendar of JavaScript on every day of four centuries around 1970', () => {
    for (let day = -73_049; day < 73_050; day += 1) {
      const date = new Date(day * 86_400_000)
      const months = (date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth()
      if (applyTransform('month', 'date', day) !== months) expect.fail(`day ${day}`)
      if (applyTransform('year', 'date', day) !== date.getUTCFullYear() - 1970) expect.fail(`day ${day}`)
    }
  })

  test('that would leave its type throws, and does not wrap around', () => {
    expect(() => applyTransform('truncate[10]', 'int', -0x80000000)).toThrow(
      expect.objectContaining({ code: 'LAKE_VALUE_UNSUPPORTED' }),
    )
    expect(() => applyTransform('truncate[10]', 'long', -(2n ** 63n))).toThrow(/below its type/)
  })

  test.each(['bucket', 'bucket[0]', 'bucket[99999999999]', 'truncate[-1]', 'minute', ''])('%s is not known', (text) => {
    expect(parseTransform(text)).toBeUndefined()
  })
})

describe('the SQL of a transform gives what the JavaScript gives', () => {
  let session: Awaited<ReturnType<typeof connect>>
  beforeAll(async () => {
    session = await connect()
  })
  afterAll(() => session.close())

  const transforms: readonly Transform[] = [
    'year',
    'month',
    'day',
    'hour',
    'bucket[7]',
    'bucket[1000000]',
    'truncate[3]',
    'truncate[1000]',
  ]
  const pairs = primitiveTypes.flatMap((type) =>
    transforms
      .filter((transform) => transformResultType(transform, type) !== undefined)
      .map((transform) => [transform, type] as const),
  )

  test.each(pairs)('%s of %s', async (transform, type) => {
    const values = fc.sample(valueOf(type), { numRuns: runs }).filter((value) => fits(transform, type, value))
    const sql = transformSql(transform, type, 'v')
    const rows = values.map((value) => `(${literal(type, value)})`).join(', ')
    const found = await session.all(
      `SELECT ${asText(transformResultType(transform, type), sql)} FROM (VALUES ${rows}, (NULL)) t(v)`,
    )
    const wanted = values.map((value) => textOf(applyTransform(transform, type, value)))
    expect(found).toStrictEqual([...wanted, null])
  })
})

async function connect(): Promise<{ all: (sql: string) => Promise<readonly unknown[]>; close: () => void }> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  // Another zone than UTC: transforms do not depend on it.
  await connection.run("SET TimeZone = 'Asia/Tokyo'")
  return {
    all: async (sql) => (await connection.runAndReadAll(sql)).getRowsJson().map(([value]) => value),
    close: () => {
      connection.closeSync()
      instance.closeSync()
    },
  }
}

function fits(transform: Transform, type: PrimitiveType, value: Value): boolean {
  try {
    applyTransform(transform, type, value)
    // DuckDB's text literals end at NUL.
    return typeof value !== 'string' || !value.includes('\0')
  } catch {
    return false
  }
}

function literal(type: PrimitiveType, value: Value): string {
  if (value instanceof Uint8Array) return `unhex('${Buffer.from(value).toString('hex')}')`
  const decimal = decimalOf(type)
  if (decimal !== undefined) {
    const digits = String(BigInt(value))
      .replace('-', '')
      .padStart(decimal.scale + 1, '0')
    const sign = BigInt(value) < 0n ? '-' : ''
    return `'${sign}${digits.slice(0, -decimal.scale)}.${digits.slice(-decimal.scale)}'::${type}`
  }
  switch (type) {
    case 'date':
      return `DATE '1970-01-01' + ${value}`
    case 'time':
      return `TIME '00:00:00' + to_microseconds(${value})`
    case 'timestamp':
      return `make_timestamp(${value})`
    case 'timestamptz':
      return `make_timestamptz(${value})`
    case 'uuid':
      return `'${String(value)}'::UUID`
    case 'string':
      return `'${String(value).replaceAll("'", "''")}'`
    default:
      return `'${String(value)}'::${type === 'int' ? 'INTEGER' : 'BIGINT'}`
  }
}

function asText(type: PrimitiveType | undefined, sql: string): string {
  if (type === 'binary') return `lower(hex(${sql}))`
  return type !== undefined && decimalOf(type) !== undefined
    ? `replace((${sql})::VARCHAR, '.', '')::HUGEINT::VARCHAR`
    : `(${sql})::VARCHAR`
}

function textOf(value: PartitionValue): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value)
}
