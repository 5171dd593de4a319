import type { State } from '@sluice/core'
import { encodeState } from '../codec/state-columns.ts'
import { type Query, query, rowsOf, type Steps } from '../statement.ts'
import { appendToTimeline, endedStates, timelineEntry } from './fragments.ts'

type StateValues = [
  stateType: string,
  stateName: string,
  stateAt: number,
  stateMessage: string | null,
  timelineEntry: string,
]

/**
 * A statement of its own: only now, with the root run locked, does it see the child runs of an append that was under way.
 * They are no checkpoints: the child did not end, its process did. What one was waiting for stays: whoever goes on with it
 * waits for the rest.
 */
const endLiveChildren: Query<[...StateValues, rootId: string]> = query(
  'end-unowned-children',
  `update run set state_type = $1, state_name = $2, state_at = $3, state_message = $4, ended_at = $3, ${appendToTimeline('$5')},
     checkpoint = 0
   where root_id = $6 and parent_id is not null and state_type not in ${endedStates}`,
)

/** Ends the child runs that were under way when their root run lost its process. The caller holds the row of the root run. */
export function* endChildren(rootId: string, state: State): Steps<void> {
  const row = encodeState(state)
  const values: StateValues = [row.state_type, row.state_name, row.state_at, row.state_message, timelineEntry(state)]
  yield* rowsOf(endLiveChildren(...values, rootId))
}
