import { bothTexts, firstOf, type Query, query, rowsOf, type Steps } from '../../statement.ts'
import { locking } from '../fragments.ts'

/** What a queued run waits in. */
export interface QueueEntryRow {
  readonly run_id: string
  readonly pool: string
}

/** By primary key. The row of the queue is locked before the row of its run, as claims do it: nobody waits in a circle. */
const lockEntry: Query<[id: string], QueueEntryRow> = query(
  'lock-queue-entry',
  bothTexts((dialect) => `select run_id, pool from run_queue where run_id = $1${locking(dialect, ' for update')}`),
)

const deleteEntry: Query<[id: string]> = query('delete-queue-entry', 'delete from run_queue where run_id = $1')

/** The run's place in the queue, held to the end of the transaction. Undefined: it is in none (any more). */
export function* lockQueueEntry(id: string): Steps<QueueEntryRow | undefined> {
  return yield* firstOf(lockEntry(id))
}

/** Takes a run out of the queue. */
export function* leaveQueue(id: string): Steps<void> {
  yield* rowsOf(deleteEntry(id))
}
