import { scaledSql, unscaledSql } from './decimal-sql.ts'
import { decimalOf } from './primitive-type.ts'
import type { PrimitiveType } from './schema.ts'
import type { Transform } from './table-metadata.ts'
import { hashSql } from './hash-sql.ts'
import { parseTransform } from './transforms.ts'

/**
 * DuckDB's expression for the partition value of another expression, which has DuckDB's type for the column's: equal to
 * `applyTransform`, null for null. Days are integers, counted from 1970. It fails the statement where `applyTransform` throws.
 */
export function transformSql(transform: Transform, type: PrimitiveType, value: string): string {
  const parsed = parseTransform(transform)
  switch (parsed?.kind) {
    case 'identity':
      return `(${value})`
    case 'year':
      return `(date_diff('year', DATE '1970-01-01', ${dayOf(type, value)}))::INTEGER`
    case 'month':
      return `(date_diff('month', DATE '1970-01-01', ${dayOf(type, value)}))::INTEGER`
    case 'day':
      return daysSql(type, value)
    case 'hour':
      return `(${floorDivide(`epoch_us(${value})`, '3600000000')})::INTEGER`
    case 'bucket':
      return `(((${hashSql(type, value)}) & 2147483647) % ${parsed.width})::INTEGER`
    case 'truncate':
      return truncateSql(type, value, parsed.width)
    default:
      return 'NULL'
  }
}

/** By microseconds, not by a cast: that of a TIMESTAMPTZ would go by the session's time zone. */
function daysSql(type: PrimitiveType, value: string): string {
  if (type === 'date') return `(date_diff('day', DATE '1970-01-01', ${value}))::INTEGER`
  return `(${floorDivide(`epoch_us(${value})`, '86400000000')})::INTEGER`
}

function dayOf(type: PrimitiveType, value: string): string {
  return type === 'date' ? `(${value})` : `(DATE '1970-01-01' + ${daysSql(type, value)})`
}

/** DuckDB's own division of integers rounds towards 0. */
function floorDivide(value: string, by: string): string {
  return `(${value} - ((${value} % ${by}) + ${by}) % ${by}) // ${by}`
}

function truncateSql(type: PrimitiveType, value: string, width: number): string {
  if (type === 'string') return `left(${value}, ${width})`
  if (type === 'binary') return `unhex(left(hex(${value}), ${2 * width}))`
  const decimal = decimalOf(type)
  if (decimal === undefined) {
    const wide = `(${value})::HUGEINT`
    return `(${wide} - ((${wide} % ${width}) + ${width}) % ${width})::${type === 'int' ? 'INTEGER' : 'BIGINT'}`
  }
  const units = unscaledSql(value)
  return scaledSql(`(${units} - ((${units} % ${width}) + ${width}) % ${width})`, decimal.precision, decimal.scale)
}
