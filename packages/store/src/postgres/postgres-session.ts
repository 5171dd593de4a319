import { digest } from '@sluice/core'
import type { QueryConfig, QueryResult } from 'pg'
import type { Statement, Steps, Value } from '../statement.ts'

/** A pool or one of its connections. */
export interface Queryable {
  query(config: QueryConfig): Promise<QueryResult>
}

/** PostgreSQL cuts names of prepared statements off after this many bytes. */
const longestName = 63

/** Runs one text, prepared under `name` once per connection; without a name it is planned anew each time. */
export async function rowsFrom(
  on: Queryable,
  name: string | undefined,
  text: string,
  values: readonly Value[],
): Promise<readonly unknown[]> {
  const prepared = name === undefined ? {} : { name: name.length > longestName ? digest(name) : name }
  const { rows } = await on.query({ ...prepared, text, values: [...values] })
  return rows
}

/** Runs {@link Steps} to their end, one round trip per statement. */
export async function drive<T>(on: Queryable, steps: Steps<T>): Promise<T> {
  let next = steps.next([])
  while (next.done !== true) next = steps.next(await run(on, next.value))
  return next.value
}

function run(on: Queryable, { name, text, values }: Statement): Promise<readonly unknown[]> {
  return rowsFrom(on, name, text.postgres, values)
}
