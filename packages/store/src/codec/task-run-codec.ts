import type { TaskCheckpoint, TaskRunRecord } from '../records.ts'
import type { ColumnsOf, Encoded } from './columns.ts'
import { decodeOutcome, type OutcomeRow } from './outcome-columns.ts'
import { encodeState, stateColumns } from './state-columns.ts'
import { encodeValue } from './stored-value-columns.ts'
import { flag, jsonColumn, listColumn, parseColumn, plainText, plainTextOrNull } from './text.ts'
import { decodeUpstream, encodeUpstream } from './upstream-column.ts'

/** The columns of `task_run`. Nothing here is queried as JSON, so PostgreSQL keeps it as text, which is cheaper. */
export const taskRunColumns: ColumnsOf<TaskRunRow> = {
  id: 'id',
  root_id: 'id',
  run_id: 'id',
  parent_task_id: 'id',
  key: 'text',
  name: 'text',
  run_name: 'text',
  version: 'text',
  tags: 'text',
  ...stateColumns,
  timeline: 'text',
  attempt: 'integer',
  checkpoint: 'integer',
  resumable: 'integer',
  upstream: 'text',
  result: 'text',
  result_ref: 'text',
  result_bytes: 'bigint',
  error: 'text',
  unhandled: 'text',
  created_at: 'bigint',
  started_at: 'bigint',
  ended_at: 'bigint',
  seq: 'bigint',
}

/** The columns that a resume reads. */
export const taskCheckpointColumns = `id, key, seq, name, run_id, parent_task_id, state_type, state_name, state_at,
  state_message, waiting_for, timeline, attempt, checkpoint, result, result_ref, result_bytes, error, unhandled,
  created_at, started_at, ended_at`

export interface TaskCheckpointRow extends OutcomeRow {
  readonly id: string
  readonly key: string
  readonly seq: number
  readonly name: string
  readonly run_id: string
  readonly parent_task_id: string | null
}

export interface TaskRunRow extends TaskCheckpointRow {
  readonly root_id: string
  readonly run_name: string | null
  readonly version: string | null
  readonly tags: string | null
  readonly resumable: number
  readonly upstream: string | null
}

export function encodeTaskRun(record: TaskRunRecord): Encoded<TaskRunRow> {
  const result = encodeValue(record.result)
  const state = encodeState(record.state)
  return {
    id: record.id,
    root_id: record.rootId,
    run_id: record.runId,
    parent_task_id: record.parentTaskId,
    key: record.key,
    name: plainText(record.name),
    run_name: plainTextOrNull(record.runName),
    version: plainTextOrNull(record.version),
    tags: listColumn(record.tags),
    state_type: state.state_type,
    state_name: state.state_name,
    state_at: state.state_at,
    state_message: state.state_message,
    waiting_for: state.waiting_for,
    timeline: listColumn(record.timeline),
    attempt: record.attempt,
    checkpoint: flag(record.checkpoint),
    resumable: flag(record.resumable),
    upstream: encodeUpstream(record.upstream),
    result: result.text,
    result_ref: result.ref,
    result_bytes: result.bytes,
    error: jsonColumn(record.error),
    unhandled: listColumn(record.unhandled),
    created_at: record.createdAt,
    started_at: record.startedAt,
    ended_at: record.endedAt,
    seq: record.seq,
  }
}

export function decodeTaskCheckpoint(row: TaskCheckpointRow): TaskCheckpoint {
  return {
    id: row.id,
    key: row.key,
    seq: row.seq,
    name: row.name,
    runId: row.run_id,
    parentTaskId: row.parent_task_id,
    ...decodeOutcome(row),
  }
}

export function decodeTaskRun(row: TaskRunRow): TaskRunRecord {
  return {
    ...decodeTaskCheckpoint(row),
    rootId: row.root_id,
    runName: row.run_name,
    version: row.version,
    tags: parseColumn<readonly string[]>(row.tags, []),
    resumable: row.resumable === 1,
    upstream: decodeUpstream(row.upstream),
  }
}
