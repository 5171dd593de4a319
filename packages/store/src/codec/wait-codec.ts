import type { Micros, WaitKind } from '@sluice/core'
import type { WaitRecord } from '../records.ts'
import { columnList, type ColumnsOf, type Encoded } from './columns.ts'
import { decodeValue, encodeValue } from './stored-value-columns.ts'
import { flag, plainTextOrNull } from './text.ts'

/** The columns of `wait` that the journal writes. */
export const waitColumns: ColumnsOf<JournaledWaitRow> = {
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
  target_run_id: 'id',
  event_name: 'text',
  event_key: 'text',
}

/** Every column of `wait` that is read: with what somebody outside has answered. */
export const allOfWait: string = `${columnList(waitColumns)}, answer, answered_at, answered_by`

export interface JournaledWaitRow {
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
  readonly target_run_id: string | null
  readonly event_name: string | null
  readonly event_key: string | null
}

export interface WaitRow extends JournaledWaitRow {
  readonly answer: string | null
  readonly answered_at: Micros | null
  readonly answered_by: string | null
}

export function encodeWait(wait: WaitRecord): Encoded<JournaledWaitRow> {
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
    target_run_id: wait.targetRunId,
    event_name: plainTextOrNull(wait.event?.name),
    event_key: plainTextOrNull(wait.event?.key),
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
    targetRunId: row.target_run_id,
    event: row.event_name === null ? null : { name: row.event_name, key: row.event_key },
    answer: decodeAnswer(row),
  }
}

function decodeAnswer({ answer, answered_at, answered_by }: WaitRow): WaitRecord['answer'] {
  return answered_at === null ? null : { text: answer, at: answered_at, by: answered_by ?? '' }
}
