import { type Duration, parseDuration, SluiceError } from '@sluice/core'
import type { CheckedColumn, CheckOptions, CheckRule, CheckSpec, CheckValue, CustomCheck } from './check-spec.ts'

/** No value of the column is null. */
export function notNull(column: string, options?: CheckOptions): CheckSpec {
  return specOf({ kind: 'not-null', column }, `not_null(${column})`, options)
}

/** No two rows have the same values in these columns; rows with a null in one of them are left out. */
export function unique(columns: string | readonly string[], options?: CheckOptions): CheckSpec {
  const list = typeof columns === 'string' ? [columns] : columns
  if (list.length === 0) throw invalid('unique', 'it names no column')
  return specOf({ kind: 'unique', columns: list }, `unique(${list.join(', ')})`, options)
}

/** Every value of the column that is not null is one of these. */
export function accepted(column: string, values: readonly CheckValue[], options?: CheckOptions): CheckSpec {
  return specOf({ kind: 'accepted', column, values }, `accepted(${column})`, options)
}

export interface RangeOptions extends CheckOptions {
  readonly min?: CheckValue
  readonly max?: CheckValue
}

/** Every value of the column that is not null is within the bounds, which belong to it. */
export function range(column: string, options: RangeOptions): CheckSpec {
  const { min, max, ...rest } = options
  if (min === undefined && max === undefined) throw invalid('range', 'it has neither min nor max')
  const rule = { kind: 'range', column, ...(min !== undefined && { min }), ...(max !== undefined && { max }) } as const
  return specOf(rule, `range(${column})`, rest)
}

/** Every value of the column that is not null is there in a column of another table: `relationship('zone_id', zones.col('id'))`. */
export function relationship(column: string, to: CheckedColumn, options?: CheckOptions): CheckSpec {
  const target: CheckedColumn = { table: to.table, column: to.column }
  const name = `relationship(${column}, ${target.table}.${target.column})`
  return specOf({ kind: 'relationship', column, to: target }, name, options)
}

/** The newest time in the column is no older than this. */
export function freshness(column: string, within: Duration, options?: CheckOptions): CheckSpec {
  parseDuration(within)
  return specOf({ kind: 'freshness', column, within }, `freshness(${column})`, options)
}

export interface RowCountOptions extends CheckOptions {
  readonly min?: number
  readonly max?: number
}

/** The table has so many rows. */
export function rowCount(options: RowCountOptions): CheckSpec {
  const { min, max, ...rest } = options
  if (min === undefined && max === undefined) throw invalid('rowCount', 'it has neither min nor max')
  const rule = { kind: 'row-count', ...(min !== undefined && { min }), ...(max !== undefined && { max }) } as const
  return specOf(rule, 'row_count', rest)
}

/**
 * A query of your own: the rows that it gives are wrong.
 *
 * @example
 * check('ends after it begins', (t) => lake.sql`select * from ${t} where ended_at < picked_up_at`)
 */
export function check(
  name: string,
  query: CustomCheck['query'],
  options: Omit<CheckOptions, 'name'> = {},
): CustomCheck {
  const { severity } = specOf({ kind: 'sql', text: '', values: [] }, name, options)
  return { kind: 'custom', name, severity, query }
}

function specOf(rule: CheckRule, name: string, options: CheckOptions = {}): CheckSpec {
  const { severity = 'block', name: given = name, ...unknown } = options
  const [first] = Object.keys(unknown)
  if (first !== undefined) throw invalid(rule.kind, `it has no option '${first}'`)
  if (severity !== 'warn' && severity !== 'block') throw invalid('severity', "it is 'warn' or 'block'")
  if (given === '' || given.length > 500) throw invalid('name', 'it has 1 to 500 characters')
  return { ...rule, name: given, severity }
}

function invalid(option: string, problem: string): SluiceError {
  return new SluiceError('OPTION_INVALID', { option: `checks.${option}`, problem })
}
