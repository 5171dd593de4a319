import { parseDuration, SluiceError } from '@sluice/core'
import { duckdbType } from '../../duckdb/duckdb-types.ts'
import { literal } from '../../duckdb/quote.ts'
import type { IcebergType } from '../../format/schema.ts'
import { conversion, columnOf } from '../plan/select-rows.ts'
import type { SchemaPlan } from '../plan/plan-schema.ts'
import type { Reading } from '../plan/reading.ts'
import type { Cursor, CursorValue } from './cursor.ts'

/** SQL of a cursor over the rows of one file. */
export interface CursorSql {
  /** The value, in the column's type; null where there is none, it does not fit, or it is not finite. */
  readonly key: string
  /** The value as it was read. */
  readonly raw: string
  /** What tells the row apart. */
  readonly hash: string
}

export function cursorSql(plan: SchemaPlan, reading: Reading, cursor: Cursor): CursorSql {
  const field = plan.schema.fields.find(({ name }) => name === cursor.column)
  const raw = columnOf(reading, cursor.column)
  if (field === undefined || raw === undefined) return { key: 'NULL', raw: 'NULL', hash: literal('') }
  const key = `CAST(${conversion(plan, raw, field).sql} AS ${duckdbType(field.type)})`
  const hash = hashSql(reading, cursor)
  if (!isEndless(field.type)) return { key, raw: raw.value, hash }
  // Nothing would ever be later than NaN or infinity: such a value tells as little as none.
  return {
    key: `CASE WHEN isfinite(${key}) THEN ${key} END`,
    raw: `CASE WHEN coalesce(isfinite(${key}), true) THEN ${raw.value} END`,
    hash,
  }
}

function isEndless(type: IcebergType): boolean {
  return typeof type === 'string' && /^(?:float|double|date|timestamp|timestamptz)$/.test(type)
}

/** Names go into the hash, and nulls do not: a column that comes new and empty changes nothing. */
function hashSql(reading: Reading, { column, dedupe }: Cursor): string {
  const wanted = dedupe === undefined || dedupe === false ? undefined : new Set([column, ...dedupe])
  const columns = reading.columns.filter(({ name }) => wanted?.has(name) ?? true)
  const absent = [...(wanted ?? [])].find((name) => !columns.some((each) => each.name === name))
  if (absent !== undefined)
    throw new SluiceError('LOAD_CURSOR_INVALID', { problem: `the source has no column '${absent}' to tell rows apart` })
  const values = columns
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, value }) => `${literal(`${name}=`)} || CAST(${value} AS VARCHAR)`)
  return `left(md5(concat_ws(chr(31), ${values.join(', ')})), 20)`
}

/** A value of the author's in the column's type. */
export function valueSql(type: IcebergType, value: CursorValue): string {
  const text = value instanceof Date ? value.toISOString() : String(value)
  const zoned = typeof type === 'string' && ['date', 'timestamp', 'timestamptz'].includes(type)
  // Through a time with a zone: a text with one is that moment.
  if (zoned) return `CAST(CAST(${literal(text)} AS TIMESTAMP WITH TIME ZONE) AS ${duckdbType(type)})`
  return `CAST(${literal(text)} AS ${duckdbType(type)})`
}

/** What is `lag` before a value, in the order of the cursor. */
export function lagSql(type: IcebergType, value: string, cursor: Cursor): string {
  const { lag, order, column } = cursor
  if (lag === undefined) return value
  const sign = order === 'min' ? '+' : '-'
  if (typeof type === 'string' && /^(?:int|long|float|double|decimal.*)$/.test(type)) {
    if (typeof lag === 'number') return `(${value} ${sign} ${lag})`
    throw new SluiceError('OPTION_INVALID', { option: 'cursor.lag', problem: `${column} is a ${type}: say a number` })
  }
  if (typeof type === 'string' && /^(?:date|timestamp|timestamptz)$/.test(type))
    return `CAST(${value} ${sign} to_milliseconds(${Math.round(parseDuration(lag))}) AS ${duckdbType(type)})`
  throw new SluiceError('OPTION_INVALID', { option: 'cursor.lag', problem: `${column} is no number and no time` })
}
