import type { IcebergType, PrimitiveType } from '../../format/schema.ts'
import { duckdbType } from '../../duckdb/duckdb-types.ts'
import { exactDouble, inferredSql } from './inferred-sql.ts'

/**
 * A text as a value of a type that is given (by the table, or by its author); null where that would lose something. More is let
 * in than where a type is guessed: `2.0` and `007` are integers if integers are wanted.
 */
export function textToSql(type: IcebergType, c: string): string {
  if (typeof type !== 'string') return `TRY_CAST(TRY_CAST(${c} AS JSON) AS ${duckdbType(type)})`
  switch (type) {
    case 'string':
      return c
    case 'long':
      return `coalesce(${inferredSql('long', c)}, ${wholeNumber(c, 'BIGINT')})`
    case 'int':
      return `TRY_CAST(coalesce(${inferredSql('long', c)}, ${wholeNumber(c, 'BIGINT')}) AS INTEGER)`
    case 'double':
      return exactDouble(c)
    case 'float':
      return `TRY_CAST(${exactDouble(c)} AS FLOAT)`
    case 'boolean':
      return `CASE WHEN lower(${c}) IN ('true', 't', 'yes', 'y', '1') THEN true WHEN lower(${c}) IN ('false', 'f', 'no', 'n', '0') THEN false END`
    case 'date':
      return `coalesce(${inferredSql('date', c)}, ${midnight(c)})`
    case 'time':
      return `CASE WHEN regexp_full_match(${c}, '\\d\\d:\\d\\d(?::\\d\\d(?:\\.\\d{1,6})?)?') THEN TRY_CAST(${c} AS TIME) END`
    case 'timestamp':
      return `coalesce(${inferredSql('timestamp', c)}, CAST(${inferredSql('date', c)} AS TIMESTAMP))`
    case 'timestamptz':
      return inferredSql('timestamptz', c)
    case 'uuid':
      return `TRY_CAST(${c} AS UUID)`
    case 'binary':
      return `encode(${c})`
    default:
      return parametric(type, c)
  }
}

function parametric(type: PrimitiveType, c: string): string {
  const fixed = /^fixed\[(?<length>\d+)\]$/.exec(type)?.groups?.['length']
  if (fixed !== undefined) return `CASE WHEN strlen(${c}) = ${fixed} THEN encode(${c}) END`
  const scale = /,\s*(?<scale>\d+)\)$/.exec(type)?.groups?.['scale'] ?? '0'
  // DuckDB rounds what has more digits after the point than the type.
  return `CASE WHEN regexp_full_match(trim(${c}), '[+-]?\\d*(?:\\.\\d{0,${scale}}0*)?') THEN TRY_CAST(${c} AS ${type.toUpperCase()}) END`
}

// DuckDB rounds 2.5 to 3.
function wholeNumber(c: string, type: string): string {
  return `CASE WHEN regexp_full_match(trim(${c}), '[+-]?\\d+(?:\\.0*)?') THEN TRY_CAST(${c} AS ${type}) END`
}

function midnight(c: string): string {
  const time = `TRY_CAST(${c} AS TIMESTAMP)`
  return `CASE WHEN strlen(${c}) >= 8 AND ${time} = date_trunc('day', ${time}) THEN CAST(${time} AS DATE) END`
}

/**
 * A typed value as a value of another type; null where it does not come back the same. DuckDB's casts round and wrap without a
 * word, so every conversion that can lose something is undone and compared.
 */
export function typedToSql(from: string, to: IcebergType, c: string): string {
  const type = duckdbType(to)
  if (type === from || isSafe(from, to)) return type === from ? c : `CAST(${c} AS ${type})`
  if (to === 'string')
    return /^(?:STRUCT|MAP)|\]$/.test(from) ? `CAST(to_json(${c}) AS VARCHAR)` : `CAST(${c} AS VARCHAR)`
  return `CASE WHEN CAST(TRY_CAST(${c} AS ${type}) AS ${from}) IS NOT DISTINCT FROM ${c} THEN TRY_CAST(${c} AS ${type}) END`
}

const integers = ['TINYINT', 'UTINYINT', 'SMALLINT', 'USMALLINT', 'INTEGER', 'UINTEGER', 'BIGINT']

function isSafe(from: string, to: IcebergType): boolean {
  if (to === 'long') return integers.includes(from)
  if (to === 'int') return integers.slice(0, 5).includes(from)
  if (to === 'double') return from === 'FLOAT' || integers.slice(0, 6).includes(from)
  if (to === 'timestamp') return from === 'DATE' || from === 'TIMESTAMP_S' || from === 'TIMESTAMP_MS'
  return false
}
