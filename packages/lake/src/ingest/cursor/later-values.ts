import type { DuckSession } from '../../duckdb/duck-session.ts'
import type { Cursor } from './cursor.ts'

type Order = Exclude<Cursor['order'], string | undefined>

/** The distinct values that are not before `last` in an order of the author's, the latest last, as texts. */
export async function laterValues(
  session: DuckSession,
  keys: string,
  last: string | undefined,
  order: Order,
): Promise<readonly string[]> {
  const compare = order as (a: unknown, b: unknown) => number
  const rows = await session.all<{ k: unknown; v: string }>(
    `SELECT DISTINCT k, CAST(k AS VARCHAR) AS v FROM (${keys}) AS t(k) WHERE k IS NOT NULL`,
  )
  const [before] = last === undefined ? [] : await session.all<{ k: unknown }>(`SELECT ${last} AS k`)
  const later = before === undefined ? rows : rows.filter(({ k }) => compare(k, before.k) >= 0)
  return later.toSorted((a, b) => compare(a.k, b.k)).map(({ v }) => v)
}
