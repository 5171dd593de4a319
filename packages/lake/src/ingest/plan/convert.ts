import { duckdbType } from '../../duckdb/duckdb-types.ts'
import { literal } from '../../duckdb/quote.ts'
import type { Field, IcebergType } from '../../format/schema.ts'
import { textToSql, typedToSql } from '../columns/given-sql.ts'
import type { RejectionReason } from '../careful/rejection.ts'
import { quickSql } from '../columns/quick-sql.ts'
import { inferredSql, type TextType, textTypes } from '../columns/inferred-sql.ts'
import type { RawColumn } from './reading.ts'

/** A value on its way into a column. */
export interface Conversion {
  readonly raw: RawColumn
  /** SQL of the converted value; null where it does not fit. */
  readonly sql: string
  /** Whether a value is not as it must be: SQL that is true or false. */
  readonly tests: readonly { readonly reason: RejectionReason; readonly misfit: string }[]
}

/** How a source's column becomes the table's. `given`: the type was there before the source was looked at. */
export function conversionOf(
  raw: RawColumn,
  field: Field,
  given: boolean,
  rules: { readonly required: boolean; readonly accepted?: readonly string[] | undefined },
): Conversion {
  const sql = valueSql(raw, field.type, given)
  const tests: Conversion['tests'][number][] = []
  if (raw.unknown !== undefined) tests.push({ reason: 'COLUMN_UNKNOWN', misfit: raw.unknown })
  if (rules.required || field.required) tests.push({ reason: 'VALUE_MISSING', misfit: `${raw.value} IS NULL` })
  if (sql !== raw.value && !sql.startsWith('CAST('))
    tests.push({ reason: 'VALUE_INVALID', misfit: `((${sql}) IS NULL AND ${raw.value} IS NOT NULL)` })
  if (rules.accepted !== undefined)
    tests.push({
      reason: 'VALUE_NOT_ACCEPTED',
      misfit: `coalesce((${sql}) NOT IN (${rules.accepted.map(literal).join(', ')}), false)`,
    })
  return { raw, sql, tests }
}

function valueSql(raw: RawColumn, type: IcebergType, given: boolean): string {
  if (raw.duckType !== undefined) return typedToSql(raw.duckType, type, raw.value)
  if (raw.proved && raw.type === type && type !== 'string') return `CAST(${raw.value} AS ${duckdbType(type)})`
  return textSql(raw.value, type, given)
}

/** A value on its way, where the first one that does not fit is to end the query. */
export interface StrictConversion {
  readonly sql: string
  /** For WHERE: true, or throws. Tests there cost a third of what they cost around the value. */
  readonly guards: readonly string[]
  /** What `sql` names, to be computed once, below the guards: they look at it too. */
  readonly cast: string | undefined
}

/** `name`: what the value may be called where it is computed once; undefined: it is computed where it stands. */
export function strictly(
  { raw, sql, tests }: Conversion,
  type: IcebergType,
  name: string | undefined,
): StrictConversion {
  const says = literal(`a value of the column ${raw.source} does not fit: `)
  const fail = `error(${says} || coalesce(left(CAST(${raw.value} AS VARCHAR), 80), 'none')) IS NULL`
  const cast = `CAST(${raw.value} AS ${duckdbType(type)})`
  const quick = raw.duckType === undefined ? quickSql(type, raw.value, name ?? cast) : undefined
  const guards = tests.map(({ reason, misfit }) => {
    if (reason !== 'VALUE_INVALID') return `(NOT (${misfit}) OR ${fail})`
    const shortcut = quick === undefined ? '' : `${quick} OR `
    return `(${raw.value} IS NULL OR ${shortcut}(${sql}) IS NOT NULL OR ${fail})`
  })
  if (quick === undefined) return { sql, guards, cast: undefined }
  return { sql: name ?? cast, guards, cast: name && `${cast} AS ${name}` }
}

/** A column that no row has a value for. */
export function nothing(type: IcebergType): string {
  return `CAST(NULL AS ${duckdbType(type)})`
}

function textSql(value: string, type: IcebergType, given: boolean): string {
  if (given || type === 'string' || !isTextType(type)) return textToSql(type, value)
  if (type !== 'timestamp') return inferredSql(type, value)
  return `coalesce(${inferredSql('timestamp', value)}, CAST(${inferredSql('date', value)} AS TIMESTAMP))`
}

function isTextType(type: IcebergType): type is TextType {
  return textTypes.some((known) => known === type)
}
