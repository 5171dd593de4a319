import { columnList } from '../../codec/columns.ts'
import { decodeRun, type RunRow } from '../../codec/run-codec.ts'
import { decodeTaskRun, taskRunColumns, type TaskRunRow } from '../../codec/task-run-codec.ts'
import type { TreeChange } from '../../event-store.ts'
import { areIds, clampLimit } from '../../paging.ts'
import { firstOf, type Query, query, rowsOf, type Steps } from '../../statement.ts'
import { allOfRun } from '../fragments.ts'

/**
 * One row by primary key. What is read after it is read up to its number: a batch that commits between the two reads below would
 * show its tasks and not its child runs, and whoever goes on after its last number would never see them.
 */
const selectLast: Query<[rootId: string], { journal_seq: number }> = query(
  'tree-changes-last',
  'select journal_seq from run where id = $1',
)

/**
 * Ranges of `task_run_order` and `run_child_seq`. No lock: batches of one tree commit in the order of their numbers, because each
 * begins with the root run's row, so a reader that goes by number misses none.
 */
const selectTasks: Query<[rootId: string, after: number, last: number, limit: number], TaskRunRow> = query(
  'tree-changes-tasks',
  `select ${columnList(taskRunColumns)} from task_run where root_id = $1 and seq > $2 and seq <= $3 order by seq limit $4`,
)
const selectChildren: Query<[rootId: string, after: number, last: number, limit: number], RunRow> = query(
  'tree-changes-runs',
  `select ${allOfRun} from run where root_id = $1 and seq is not null and seq > $2 and seq <= $3 order by seq limit $4`,
)

/** {@link EventStore.readTreeChanges} */
export function* readTreeChanges(changes: {
  readonly rootId: string
  readonly after: number
  readonly limit: number
}): Steps<readonly TreeChange[]> {
  if (!areIds(changes.rootId)) return []
  const last = (yield* firstOf(selectLast(changes.rootId)))?.journal_seq ?? 0
  if (last <= changes.after) return []
  const limit = clampLimit(changes.limit)
  const children = (yield* rowsOf(selectChildren(changes.rootId, changes.after, last, limit))).map(decodeRun)
  const tasks = (yield* rowsOf(selectTasks(changes.rootId, changes.after, last, limit))).map(decodeTaskRun)
  return [
    ...tasks.map((task): TreeChange => ({ kind: 'task', seq: task.seq, task })),
    ...children.map((run): TreeChange => ({ kind: 'run', seq: run.seq ?? 0, run })),
  ]
    .toSorted((a, b) => a.seq - b.seq)
    .slice(0, limit)
}
