import { columnList } from '../codec/columns.ts'
import { decodeLog, logColumns, type LogRow } from '../codec/log-codec.ts'
import { areIds, clampLimit, emptyPage, numberCursor, pageOf } from '../paging.ts'
import type { LogRecord, Page } from '../records.ts'
import { rowsOf, type Statement, type Steps, type Value } from '../statement.ts'
import type { LogQuery } from '../store.ts'

/** Log lines of a tree, of one run in it, or of one task run, in the order written. */
export function* listLogs(query: LogQuery): Steps<Page<LogRecord>> {
  if (!areIds(query.rootId, query.runId, query.taskRunId)) return emptyPage
  const limit = clampLimit(query.limit)
  const rows = yield* rowsOf(selectPage(query, limit + 1))
  return pageOf(rows.map(decodeLog), limit, (line) => line.position)
}

/** A range of `log_order`, filtered, or of `log_task`. No lock. */
function selectPage(query: LogQuery, limit: number): Statement<LogRow> {
  const values: Value[] = [query.rootId, numberCursor(query.after), limit]
  const filters: string[] = []
  const filter = (name: string, value: Value | undefined, condition: string): string => {
    if (value === undefined) return ''
    filters.push(`and ${condition} $${values.push(value)}`)
    return `-${name}`
  }
  const kind =
    filter('run', query.runId, 'run_id =') +
    filter('task', query.taskRunId, 'task_run_id =') +
    filter('level', query.minLevel, 'level >=')
  const text = `select position, ${columnList(logColumns)} from log
    where root_id = $1 and position > $2 ${filters.join(' ')} order by position limit $3`
  return { name: `list-logs${kind}`, text: { sqlite: text, postgres: text }, values }
}
