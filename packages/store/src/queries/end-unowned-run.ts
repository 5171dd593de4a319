import { type State, stateOf } from '@sluice/core'
import { encodeState } from '../codec/state-columns.ts'
import { flag } from '../codec/text.ts'
import { firstOf, type Query, query, type Steps } from '../statement.ts'
import { leaveWorkers } from './dispatch/leave-worker.ts'
import { endChildren } from './end-children.ts'
import { appendToTimeline, endedStates, timelineEntry } from './fragments.ts'
import { releaseRoots } from './limits/release-slots.ts'

type EndValues = [
  stateType: string,
  stateName: string,
  stateAt: number,
  stateMessage: string | null,
  timelineEntry: string,
  id: string,
  expectedEpoch: number,
  crash: number,
]

/** One row by primary key, locked to the end of the transaction. What it waited for stays, as with its child runs. */
const endRoot: Query<EndValues, { holds: number }> = query(
  'end-unowned-run',
  `update run set state_type = $1, state_name = $2, state_at = $3, state_message = $4, ended_at = $3, ${appendToTimeline('$5')},
    owner = null, epoch = epoch + 1, crash_count = crash_count + cast($8 as bigint)
   where id = $6 and epoch = $7 and parent_id is null and state_type not in ${endedStates}
   returning holds`,
)

/** Ends a root run that no process has: its child runs with it, and what was held in its name. */
export function* endUnowned(id: string, expectedEpoch: number, state: State, crash: boolean): Steps<boolean> {
  const { state_type, state_name, state_at, state_message } = encodeState(state)
  const entry = timelineEntry(state)
  const ended = yield* firstOf(
    endRoot(state_type, state_name, state_at, state_message, entry, id, expectedEpoch, flag(crash)),
  )
  if (ended === undefined) return false
  yield* endChildren(id, state)
  yield* leaveWorkers([id])
  if (ended.holds === 1) yield* releaseRoots([id])
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
