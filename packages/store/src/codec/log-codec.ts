import type { Micros } from '@sluice/core'
import type { LogEntry, LogRecord } from '../records.ts'
import type { ColumnsOf, Encoded } from './columns.ts'
import { jsonColumn, parseColumn, plainText } from './text.ts'

/** The columns of `log`, save for the position, which the database gives. */
export const logColumns: ColumnsOf<Omit<LogRow, 'position'>> = {
  root_id: 'id',
  run_id: 'id',
  task_run_id: 'id',
  at: 'bigint',
  level: 'integer',
  message: 'text',
  fields: 'text',
}

export interface LogRow {
  readonly position: number
  readonly root_id: string
  readonly run_id: string
  readonly task_run_id: string | null
  readonly at: Micros
  readonly level: number
  readonly message: string
  readonly fields: string | null
}

export function encodeLog(entry: LogEntry): Encoded<Omit<LogRow, 'position'>> {
  return {
    root_id: entry.rootId,
    run_id: entry.runId,
    task_run_id: entry.taskRunId,
    at: entry.at,
    level: entry.level,
    message: plainText(entry.message),
    fields: jsonColumn(entry.fields),
  }
}

export function decodeLog(row: LogRow): LogRecord {
  return {
    position: String(row.position),
    rootId: row.root_id,
    runId: row.run_id,
    taskRunId: row.task_run_id,
    at: row.at,
    level: row.level,
    message: row.message,
    fields: parseColumn<LogRecord['fields']>(row.fields, null),
  }
}
