import { stateOf } from '@sluice/core'
import { clampLimit } from '../../paging.ts'
import { bothTexts, listOf, type Query, query, rowsOf, type Steps } from '../../statement.ts'
import { appendToTimeline, isAnyId, locking, storeNow, timelineEntry } from '../fragments.ts'
import { readClock } from '../store-clock.ts'
import { microsOf } from './micros-of.ts'

/** A range of `run_queue_late`. What somebody is claiming right now is not late any more. */
const selectLate: Query<[after: number, limit: number], { run_id: string }> = query(
  'select-late-runs',
  bothTexts(
    (dialect) => `select run_id from run_queue where late = 0 and due_at <= (select ${storeNow[dialect]} - $1)
      order by due_at limit $2${locking(dialect, ' for update skip locked')}`,
  ),
)

const setLateEntries: Query<[ids: string]> = query(
  'set-late-entries',
  bothTexts((dialect) => `update run_queue set late = 1 where run_id ${isAnyId('$1')[dialect]}`),
)

/** By primary key. What it waits for stays. A suspended run is late in the queue only: its state tells more. */
const setLateRuns: Query<[ids: string, name: string, at: number, timelineEntry: string], { id: string }> = query(
  'set-late-runs',
  bothTexts(
    (dialect) => `update run set state_name = $2, state_at = $3, ${appendToTimeline('$4')}
      where id ${isAnyId('$1')[dialect]} and state_type = 'scheduled' returning id`,
  ),
)

/** Tells of runs that should have begun. */
export function* markLate({ afterMs, limit }: { afterMs: number; limit: number }): Steps<readonly string[]> {
  const late = yield* rowsOf(selectLate(microsOf(afterMs), clampLimit(limit)))
  if (late.length === 0) return []
  const ids = listOf(late.map((row) => row.run_id))
  yield* rowsOf(setLateEntries(ids))
  const state = stateOf('Late', yield* readClock())
  return (yield* rowsOf(setLateRuns(ids, state.name, state.at, timelineEntry(state)))).map((row) => row.id)
}
