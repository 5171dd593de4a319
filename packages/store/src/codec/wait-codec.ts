import type { Micros, WaitKind } from '@sluice/core'
import type { WaitRecord } from '../records.ts'
import type { ColumnsOf, Encoded } from './columns.ts'
import { decodeValue, encodeValue } from './stored-value-columns.ts'
import { flag, plainTextOrNull } from './text.ts'

/** The columns of `wait`. */
export const waitColumns: ColumnsOf<WaitRow> = {
  id: 'id',
  root_id: 'id',
  run_id: 'id',
  parent_task_id: 'id',
  key: 'text',
  kind: 'text',
  name: 'text',
  deadline: 'bigint',
  match: 'text',
  status: 'text',
  outcome: 'text',
  outcome_ref: 'text',
  outcome_bytes: 'bigint',
  checkpoint: 'integer',
  created_at: 'bigint',
  ended_at: 'bigint',
  seq: 'bigint',
}

export interface WaitRow {
  readonly id: string
  readonly root_id: string
  readonly run_id: string
  readonly parent_task_id: string | null
  readonly key: string
  readonly kind: WaitKind
  readonly name: string | null
  readonly deadline: Micros | null
  readonly match: string | null
  readonly status: WaitRecord['status']
  readonly outcome: string | null
  readonly outcome_ref: string | null
  readonly outcome_bytes: number | null
  readonly checkpoint: number
  readonly created_at: Micros
  readonly ended_at: Micros | null
  readonly seq: number
}

export function encodeWait(wait: WaitRecord): Encoded<WaitRow> {
  const outcome = encodeValue(wait.outcome)
  return {
    id: wait.id,
    root_id: wait.rootId,
    run_id: wait.runId,
    parent_task_id: wait.parentTaskId,
    key: wait.key,
    kind: wait.kind,
    name: plainTextOrNull(wait.name),
    deadline: wait.deadline,
    match: wait.match,
    status: wait.status,
    outcome: outcome.text,
    outcome_ref: outcome.ref,
    outcome_bytes: outcome.bytes,
    checkpoint: flag(wait.checkpoint),
    created_at: wait.createdAt,
    ended_at: wait.endedAt,
    seq: wait.seq,
  }
}

export function decodeWait(row: WaitRow): WaitRecord {
  return {
    id: row.id,
    rootId: row.root_id,
    runId: row.run_id,
    parentTaskId: row.parent_task_id,
    key: row.key,
    kind: row.kind,
    name: row.name,
    deadline: row.deadline,
    match: row.match,
    status: row.status,
    outcome: decodeValue(row.outcome, row.outcome_ref, row.outcome_bytes),
    checkpoint: row.checkpoint === 1,
    createdAt: row.created_at,
    endedAt: row.ended_at,
    seq: row.seq,
  }
}
