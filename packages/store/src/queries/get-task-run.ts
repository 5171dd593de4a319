import { columnList } from '../codec/columns.ts'
import { decodeTaskRun, taskRunColumns, type TaskRunRow } from '../codec/task-run-codec.ts'
import type { TaskRunRecord } from '../records.ts'
import { firstOf, type Query, query, type Steps } from '../statement.ts'

/** One row by primary key. No lock. */
const selectTaskRun: Query<[id: string], TaskRunRow> = query(
  'get-task-run',
  `select ${columnList(taskRunColumns)} from task_run where id = $1`,
)

/** A task run by its id. */
export function* getTaskRun(id: string): Steps<TaskRunRecord | undefined> {
  const row = yield* firstOf(selectTaskRun(id))
  return row && decodeTaskRun(row)
}
