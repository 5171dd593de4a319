import { decodeRun, type RunRow } from '../codec/run-codec.ts'
import type { RunRecord } from '../records.ts'
import { firstOf, type Query, query, type Steps } from '../statement.ts'
import { allOfRun } from './fragments.ts'

/** One row by primary key. No lock. */
const selectRun: Query<[id: string], RunRow> = query('get-run', `select ${allOfRun} from run where id = $1`)

/** A run, root or child, by its id. */
export function* getRun(id: string): Steps<RunRecord | undefined> {
  const row = yield* firstOf(selectRun(id))
  return row && decodeRun(row)
}
