import { type State, stateOf } from '@sluice/core'
import { encodeState } from '../codec/state-columns.ts'
import type { RunRecord } from '../records.ts'
import { type Query, query, rowsOf, type Steps } from '../statement.ts'
import { cancelQueued } from './dispatch/cancel-queued.ts'
import { becomeDue } from './dispatch/make-due.ts'
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

/**
 * Asks for the end of a live root run, once; a run that has ended, or was asked before, stays as it is. One that waits in the
 * queue has no process to ask, and ends here. One that enters the queue at this very moment is due at once: whoever claims it
 * is told.
 */
export function* requestCancel(id: string, state: State): Steps<RunRecord | undefined> {
  const { at, message } = state
  const ended = yield* cancelQueued(id, stateOf('Cancelled', at, message === undefined ? {} : { message }))
  if (!ended) {
    const row = encodeState(state)
    yield* rowsOf(askToStop(id, row.state_type, row.state_name, row.state_at, row.state_message, timelineEntry(state)))
    yield* becomeDue([id])
  }
  return yield* getRun(id)
}
