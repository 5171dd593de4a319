import type { Micros, StateType } from '@sluice/core'
import { firstOf, type Query, query, type Steps } from '../../statement.ts'
import { never } from '../fragments.ts'
import { enqueueRuns } from './insert-runs.ts'

/** One row by primary key, and a range of `wait_key`. The caller has locked the run, so nobody answers meanwhile. */
const selectPlace: Query<[rootId: string], SuspendedRow> = query(
  'select-suspended-place',
  `select pool, queue, priority,
     (select min(deadline) from wait where root_id = $1 and status = 'open' and checkpoint = 1) as deadline,
     (select count(*) from wait where root_id = $1 and status = 'open' and answered_at is not null) as answered
   from run where id = $1`,
)

interface SuspendedRow {
  readonly pool: string | null
  readonly queue: string | null
  readonly priority: number | null
  readonly deadline: Micros | null
  readonly answered: number
}

/**
 * Puts a run that has suspended back into its queue: due at the first deadline of its open waits, at once when one is answered or
 * its end was asked for, never by itself without a deadline. A script's run has no queue.
 */
export function* suspendRun(rootId: string, stateBefore: StateType): Steps<void> {
  const place = yield* firstOf(selectPlace(rootId))
  if (place === undefined) return
  const { pool, queue, priority, deadline, answered } = place
  if (pool === null || queue === null) return
  const atOnce = answered > 0 || stateBefore === 'cancelling'
  const due = atOnce ? { due_at: null, due_in: 0 } : { due_at: deadline ?? never, due_in: null }
  yield* enqueueRuns([{ run_id: rootId, pool, queue, priority: priority ?? 0, ...due }])
}
