import { bothTexts, listed, listOf, type Query, query, rowsOf, type Steps } from '../statement.ts'

const dropIn = (table: 'task_run' | 'run' | 'wait'): Query<[rootId: string, keys: string]> =>
  query(
    `drop-${table}`,
    bothTexts((dialect) => `update ${table} set checkpoint = 0 where root_id = $1 and key in ${listed('$2')[dialect]}`),
  )

/** Each by its index of (root run, key). */
const drops = [dropIn('task_run'), dropIn('run'), dropIn('wait')]

/** Marks calls as not to be replayed. The caller holds the row of the root run. */
export function* dropCheckpoints(rootId: string, keys: readonly string[]): Steps<void> {
  if (keys.length === 0) return
  for (const drop of drops) yield* rowsOf(drop(rootId, listOf(keys)))
}
