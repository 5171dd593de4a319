import type { State } from '@sluice/core'
import { encodeState } from '../codec/state-columns.ts'
import type { RunRecord } from '../records.ts'
import { type Query, query, rowsOf, type Steps } from '../statement.ts'
import { appendToTimeline, endedStates, timelineEntry } from './fragments.ts'
import { getRun } from './get-run.ts'

/** One row by primary key. The epoch stays: its owner ends the run. */
const askToStop: Query<
  [id: string, type: string, name: string, at: number, message: string | null, timelineEntry: string]
> = query(
  'request-cancel',
  `update run set state_type = $2, state_name = $3, state_at = $4, state_message = $5, waiting_for = null,
    ${appendToTimeline('$6')}
   where id = $1 and parent_id is null and state_type <> 'cancelling' and state_type not in ${endedStates}`,
)

/** Asks for the end of a live root run, once; a run that has ended, or was asked before, stays as it is. */
export function* requestCancel(id: string, state: State): Steps<RunRecord | undefined> {
  const row = encodeState(state)
  yield* rowsOf(askToStop(id, row.state_type, row.state_name, row.state_at, row.state_message, timelineEntry(state)))
  return yield* getRun(id)
}
