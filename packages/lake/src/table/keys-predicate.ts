import { duckdbType } from '../duckdb/duckdb-types.ts'
import { valueOfText } from '../duckdb/value-text.ts'
import type { Predicate } from '../format/predicate.ts'
import type { Field, PrimitiveType, Schema } from '../format/schema.ts'
import type { DuckSession } from '../duckdb/duck-session.ts'
import { requireColumn } from './require-column.ts'

/** More values than these are looked for between the least and the greatest one. */
const mostValues = 200

interface KeyValues {
  readonly least: string | null
  readonly greatest: string | null
  /** Null: there are too many. */
  readonly values: readonly string[] | null
}

/** Where keys are a temporary table, and of which columns. */
export interface KeysPlace {
  readonly session: DuckSession
  readonly table: string
  readonly schema: Schema
}

/** What rows with one of these keys fulfil, for leaving files out: each column's values, or what they lie between. */
export async function keysPredicate(place: KeysPlace, keys: string, columns: readonly string[]): Promise<Predicate> {
  const parts: Predicate[] = []
  for (const [i, name] of columns.entries()) {
    const field = requireColumn(place.table, place.schema, name)
    if (typeof field.type === 'string' && isTold(field.type))
      parts.push(await columnPredicate(place, keys, `k${i}`, field, field.type))
  }
  return { op: 'and', parts }
}

/** Bytes have no text that could be read back, and the text of a float is that of another double. */
function isTold(type: PrimitiveType): boolean {
  return type !== 'float' && duckdbType(type) !== 'BLOB'
}

async function columnPredicate(
  { session }: KeysPlace,
  keys: string,
  column: string,
  { id }: Field,
  type: PrimitiveType,
): Promise<Predicate> {
  const [found] = await session.all<KeyValues>(
    `SELECT min(${column})::VARCHAR AS least, max(${column})::VARCHAR AS greatest,
      (SELECT CASE WHEN count(*) <= ${mostValues} THEN list(v) END FROM (SELECT DISTINCT ${column}::VARCHAR AS v FROM ${keys} LIMIT ${mostValues + 1})) AS "values"
      FROM ${keys}`,
  )
  const texts = found?.values?.filter((text) => text !== null)
  const exact = texts?.flatMap((text) => valueOfText(type, text) ?? [])
  if (texts && exact?.length === texts.length) return { op: 'in', field: id, values: exact }
  const bound = (op: 'gte' | 'lte', text: string | null | undefined): readonly Predicate[] => {
    const value = text === null || text === undefined ? undefined : valueOfText(type, text)
    return value === undefined ? [] : [{ op, field: id, value }]
  }
  return { op: 'and', parts: [...bound('gte', found?.least), ...bound('lte', found?.greatest)] }
}
