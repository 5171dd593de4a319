import { DuckDBTimestampTZValue, type DuckDBValue, listValue } from '@duckdb/node-api'
import type { SqlValue } from '../sql-text.ts'

/** A value of a query as DuckDB binds it. Whole numbers are integers, a `Date` is a time with a zone. */
export function duckValue(value: SqlValue): DuckDBValue {
  if (value instanceof Date) return new DuckDBTimestampTZValue(BigInt(value.getTime()) * 1000n)
  if (isList(value)) return listValue(value.some(isFraction) ? value.map(asDouble) : value.map(duckValue))
  return typeof value === 'number' && !isFraction(value) ? BigInt(value) : value
}

const isFraction = (value: SqlValue): boolean => typeof value === 'number' && !Number.isSafeInteger(value)

/** A list has one type: where one number has a fraction, all are doubles. */
const asDouble = (value: SqlValue): DuckDBValue => (typeof value === 'bigint' ? Number(value) : (value as DuckDBValue))

const isList = (value: SqlValue): value is readonly SqlValue[] => Array.isArray(value)
