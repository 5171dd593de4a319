import { columnList } from '../codec/columns.ts'
import { decodeTaskRun, taskRunColumns, type TaskRunRow } from '../codec/task-run-codec.ts'
import { areIds, clampLimit, emptyPage, numberCursor, pageOf } from '../paging.ts'
import type { Page, TaskRunRecord } from '../records.ts'
import { listed, listOf, rowsOf, type Statement, type Steps, type Value } from '../statement.ts'
import type { TaskRunQuery } from '../store.ts'

/** Task runs of a tree, or of one run in it, in journal order. */
export function* listTaskRuns(query: TaskRunQuery): Steps<Page<TaskRunRecord>> {
  if (!areIds(query.rootId, query.runId)) return emptyPage
  const limit = clampLimit(query.limit)
  const rows = yield* rowsOf(selectPage(query, limit + 1))
  return pageOf(rows.map(decodeTaskRun), limit, (task) => String(task.seq))
}

/** A range of `task_run_order`; run and states filter what it meets. No lock. */
function selectPage(query: TaskRunQuery, limit: number): Statement<TaskRunRow> {
  const values: Value[] = [query.rootId, numberCursor(query.after), limit]
  const run = query.runId === undefined ? '' : ` and run_id = $${values.push(query.runId)}`
  const states = query.states === undefined ? undefined : listed(`$${values.push(listOf(query.states))}`)
  const text = (of: string | undefined): string => `select ${columnList(taskRunColumns)} from task_run
    where root_id = $1 and seq > $2${run}${of === undefined ? '' : ` and state_type in ${of}`} order by seq limit $3`
  return {
    name: `list-task-runs${run === '' ? '' : '-run'}${states === undefined ? '' : '-states'}`,
    text: { sqlite: text(states?.sqlite), postgres: text(states?.postgres) },
    values,
  }
}
