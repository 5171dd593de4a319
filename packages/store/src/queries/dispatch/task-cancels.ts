import { bothTexts, type Query, query, rowsOf, type Steps } from '../../statement.ts'
import { storeNow } from '../fragments.ts'

/** One row; asked again, it stays as it is. */
const insertCancel: Query<[rootId: string, taskRunId: string]> = query(
  'insert-task-cancel',
  bothTexts(
    (dialect) => `insert into task_cancel (root_id, task_run_id, asked_at)
      select id, $2, ${storeNow[dialect]} from run where id = $1 and parent_id is null
      on conflict (root_id, task_run_id) do nothing`,
  ),
)

/** A range of the primary key. */
const deleteCancels: Query<[rootId: string]> = query(
  'delete-task-cancels',
  'delete from task_cancel where root_id = $1',
)

/** Writes down that a task run is to be cancelled. Its owner reads it. */
export function* requestTaskCancel(rootId: string, taskRunId: string): Steps<void> {
  yield* rowsOf(insertCancel(rootId, taskRunId))
}

/** A run that begins anew on somebody's wish does not cancel what was to be cancelled before. */
export function* forgetTaskCancels(rootId: string): Steps<void> {
  yield* rowsOf(deleteCancels(rootId))
}
