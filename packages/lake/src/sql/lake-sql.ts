import { SluiceError } from '@sluice/core'
import { createRelation, type Relation } from './relation.ts'
import { type SqlPart, sqlText } from './sql-text.ts'

/**
 * A query with sources from outside, which the query knows by the names that they get here: rows, paths, other queries, `source.sql`. They are
 * streamed to temporary files when it runs; names of their columns become `snake_case`, as in tables.
 *
 * @example
 * lake.sql({ from: { zones: source.sql(db, 'select * from zones') } })`select * from ${trips} join zones using (zone_id)`
 */
export function lakeSql(options: SqlOptions): SqlTag
/**
 * A query over tables of the lake: one SELECT, in DuckDB's SQL. Handles and other queries may stand in it, everything else is
 * a value that is bound. It runs when its rows are asked for, in a process that sees nothing but the tables it names.
 *
 * @example
 * const revenue = lake.sql<Revenue>`select zone, sum(fare) as fare from ${trips} group by zone`
 * for (const { zone, fare } of await revenue.all()) console.log(zone, fare)
 * await monthly.replace(revenue)
 */
export function lakeSql<Row extends object = Record<string, unknown>>(
  texts: TemplateStringsArray,
  ...parts: readonly SqlPart[]
): Relation<Row>
export function lakeSql(
  first: TemplateStringsArray | SqlOptions,
  ...parts: readonly SqlPart[]
): Relation<object> | SqlTag {
  if (Array.isArray(first)) return relationOf(first as unknown as TemplateStringsArray, parts, {})
  const { from = {}, ...others } = first as SqlOptions
  const [option] = Object.keys(others)
  if (option !== undefined) throw new SluiceError('OPTION_UNKNOWN', { option, of: 'lake.sql', known: ['from'] })
  return ((texts: TemplateStringsArray, ...more: readonly SqlPart[]) => relationOf(texts, more, from)) as SqlTag
}

export interface SqlOptions {
  /** Sources by the names that they have in the query. */
  readonly from?: Readonly<Record<string, unknown>>
}

export type SqlTag = <Row extends object = Record<string, unknown>>(
  texts: TemplateStringsArray,
  ...parts: readonly SqlPart[]
) => Relation<Row>

function relationOf(
  texts: TemplateStringsArray,
  parts: readonly SqlPart[],
  from: Readonly<Record<string, unknown>>,
): Relation<object> {
  return createRelation<object>(sqlText(texts, parts), async () => {
    const { currentQueryHost } = await import('./query-host.ts')
    return currentQueryHost(undefined, from)
  })
}
