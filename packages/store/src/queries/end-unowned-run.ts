import { type State, stateOf } from '@sluice/core'
import { encodeState } from '../codec/state-columns.ts'
import { flag } from '../codec/text.ts'
import { firstOf, type Query, query, rowsOf, type Steps } from '../statement.ts'
import { appendToTimeline, endedStates, timelineEntry } from './fragments.ts'

type StateValues = [
  stateType: string,
  stateName: string,
  stateAt: number,
  stateMessage: string | null,
  timelineEntry: string,
]

const setState = `state_type = $1, state_name = $2, state_at = $3, state_message = $4,
    ended_at = $3, ${appendToTimeline('$5')}`

/** One row by primary key, locked to the end of the transaction. What it waited for stays, as with its child runs. */
const endRoot: Query<[...StateValues, id: string, expectedEpoch: number, crash: number], { id: string }> = query(
  'end-unowned-run',
  `update run set ${setState}, owner = null, epoch = epoch + 1, crash_count = crash_count + cast($8 as bigint)
   where id = $6 and epoch = $7 and parent_id is null and state_type not in ${endedStates}
   returning id`,
)

/**
 * A statement of its own: only now, with the root run locked, does it see the child runs of an append that was under way.
 * They are no checkpoints: the child did not end, its process did. What one was waiting for stays: whoever goes on with it
 * waits for the rest.
 */
const endChildren: Query<[...StateValues, rootId: string]> = query(
  'end-unowned-children',
  `update run set ${setState}, checkpoint = 0
   where root_id = $6 and parent_id is not null and state_type not in ${endedStates}`,
)

function* endUnowned(id: string, expectedEpoch: number, state: State, crash: boolean): Steps<boolean> {
  const row = encodeState(state)
  const values: StateValues = [row.state_type, row.state_name, row.state_at, row.state_message, timelineEntry(state)]
  if ((yield* firstOf(endRoot(...values, id, expectedEpoch, flag(crash)))) === undefined) return false
  yield* rowsOf(endChildren(...values, id))
  return true
}

/** Ends a root run whose process died, and its child runs with it. */
export function markCrashed(mark: { id: string; expectedEpoch: number; at: number; message: string }): Steps<boolean> {
  return endUnowned(mark.id, mark.expectedEpoch, stateOf('Crashed', mark.at, { message: mark.message }), true)
}

/** Ends a root run that nobody works on, for another reason than a crash. */
export function endAbandoned(end: { id: string; expectedEpoch: number; state: State }): Steps<boolean> {
  return endUnowned(end.id, end.expectedEpoch, end.state, false)
}
