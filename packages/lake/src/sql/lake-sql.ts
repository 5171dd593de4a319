import { createRelation, type Relation } from './relation.ts'
import { type SqlPart, sqlText } from './sql-text.ts'

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
): Relation<Row> {
  return createRelation<Row>(sqlText(texts, parts), async () => {
    const { currentQueryHost } = await import('./query-host.ts')
    return currentQueryHost()
  })
}
