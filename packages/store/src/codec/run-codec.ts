import type { ChildRunEntry } from '../journal-batch.ts'
import type { NewRun, Owner, RunCheckpoint, RunRecord } from '../records.ts'
import type { ColumnsOf, Encoded } from './columns.ts'
import { decodeOrigin, encodeOrigin, type OriginRow, originColumns } from './origin-columns.ts'
import { decodeOutcome, type OutcomeRow } from './outcome-columns.ts'
import { encodeState, stateColumns } from './state-columns.ts'
import { decodeValue, encodeValue } from './stored-value-columns.ts'
import { flag, jsonColumn, listColumn, parseColumn, plainText, plainTextOrNull } from './text.ts'
import { decodeUpstream, encodeUpstream } from './upstream-column.ts'

/** What every flow run has. */
const runFieldColumns: ColumnsOf<RunFieldRow> = {
  id: 'id',
  workspace: 'text',
  created_by: 'text',
  root_id: 'id',
  parent_id: 'id',
  parent_task_id: 'id',
  key: 'text',
  flow: 'text',
  flow_version: 'text',
  name: 'text',
  description: 'text',
  entrypoint: 'text',
  parameters: 'text',
  parameters_ref: 'text',
  parameters_bytes: 'bigint',
  tags: 'text',
  ...stateColumns,
  timeline: 'text',
  attempt: 'integer',
  result: 'text',
  result_ref: 'text',
  result_bytes: 'bigint',
  error: 'text',
  unhandled: 'text',
  upstream: 'text',
  created_at: 'bigint',
  started_at: 'bigint',
  ended_at: 'bigint',
}

/** What a new root run is inserted with. */
export const newRunColumns: ColumnsOf<NewRunRow> = {
  ...runFieldColumns,
  ...originColumns,
  owner: 'text',
  rerun_of: 'id',
  epoch: 'integer',
}

/** What a child run is written with: it has no owner and no epoch of its own. */
export const childRunColumns: ColumnsOf<ChildRunRow> = { ...runFieldColumns, seq: 'bigint', checkpoint: 'integer' }

/** Every column of `run`. */
export const runColumns: ColumnsOf<RunRow> = {
  ...newRunColumns,
  journal_seq: 'bigint',
  seq: 'bigint',
  crash_count: 'integer',
  nondeterministic: 'integer',
  checkpoint: 'integer',
}

/** The columns that a resume reads of a child run. */
export const runCheckpointColumns = `id, key, seq, flow, parent_id, parent_task_id, state_type, state_name, state_at,
  state_message, waiting_for, timeline, attempt, checkpoint, parameters, parameters_ref, parameters_bytes, result,
  result_ref, result_bytes, error, unhandled, created_at, started_at, ended_at`

export interface RunCheckpointRow extends OutcomeRow {
  readonly id: string
  readonly key: string | null
  readonly seq: number | null
  readonly flow: string
  readonly parent_id: string | null
  readonly parent_task_id: string | null
  readonly parameters: string | null
  readonly parameters_ref: string | null
  readonly parameters_bytes: number | null
}

export interface RunRow extends RunCheckpointRow, OriginRow {
  readonly workspace: string
  readonly created_by: string
  readonly root_id: string
  readonly flow_version: string | null
  readonly name: string | null
  readonly description: string | null
  readonly entrypoint: string | null
  readonly tags: string | null
  readonly upstream: string | null
  readonly owner: string | null
  readonly rerun_of: string | null
  readonly epoch: number
  readonly journal_seq: number
  readonly crash_count: number
  readonly nondeterministic: number
}

type RootOnly = keyof OriginRow | 'owner' | 'rerun_of' | 'epoch' | 'journal_seq' | 'crash_count' | 'nondeterministic'

export type RunFieldRow = Omit<RunRow, RootOnly | 'seq' | 'checkpoint'>
export type NewRunRow = Pick<RunRow, keyof RunFieldRow | keyof OriginRow | 'owner' | 'rerun_of' | 'epoch'>
export type ChildRunRow = Omit<RunRow, RootOnly>

/** A root run begins with epoch 1. */
export function encodeNewRun(run: NewRun): Encoded<NewRunRow> {
  return {
    ...encodeRunFields(run),
    ...encodeOrigin(run.origin),
    owner: jsonColumn(run.owner),
    rerun_of: run.rerunOf,
    epoch: 1,
  }
}

export function encodeChildRun(run: ChildRunEntry['row']): Encoded<ChildRunRow> {
  return { ...encodeRunFields(run), seq: run.seq, checkpoint: flag(run.checkpoint) }
}

function encodeRunFields(run: Omit<NewRun, 'owner' | 'rerunOf'>): Encoded<RunFieldRow> {
  const parameters = encodeValue(run.parameters)
  const result = encodeValue(run.result)
  return {
    ...encodeState(run.state),
    id: run.id,
    workspace: run.workspace,
    created_by: plainText(run.createdBy),
    root_id: run.rootId,
    parent_id: run.parentId,
    parent_task_id: run.parentTaskId,
    key: run.key,
    flow: plainText(run.flow),
    flow_version: plainTextOrNull(run.flowVersion),
    name: plainTextOrNull(run.name),
    description: plainTextOrNull(run.description),
    entrypoint: plainTextOrNull(run.entrypoint),
    parameters: parameters.text,
    parameters_ref: parameters.ref,
    parameters_bytes: parameters.bytes,
    tags: listColumn(run.tags),
    timeline: listColumn(run.timeline),
    attempt: run.attempt,
    result: result.text,
    result_ref: result.ref,
    result_bytes: result.bytes,
    error: jsonColumn(run.error),
    unhandled: listColumn(run.unhandled),
    upstream: encodeUpstream(run.upstream),
    created_at: run.createdAt,
    started_at: run.startedAt,
    ended_at: run.endedAt,
  }
}

export function decodeRunCheckpoint(row: RunCheckpointRow): RunCheckpoint {
  return {
    id: row.id,
    key: row.key,
    seq: row.seq,
    flow: row.flow,
    parentId: row.parent_id,
    parentTaskId: row.parent_task_id,
    parameters: decodeValue(row.parameters, row.parameters_ref, row.parameters_bytes) ?? { text: '' },
    ...decodeOutcome(row),
  }
}

export function decodeRun(row: RunRow): RunRecord {
  const origin = decodeOrigin(row)
  return {
    ...(origin === undefined ? {} : { origin }),
    ...decodeRunCheckpoint(row),
    workspace: row.workspace,
    createdBy: row.created_by,
    rootId: row.root_id,
    flowVersion: row.flow_version,
    name: row.name,
    description: row.description,
    entrypoint: row.entrypoint,
    tags: parseColumn<readonly string[]>(row.tags, []),
    upstream: decodeUpstream(row.upstream),
    owner: parseColumn<Owner | null>(row.owner, null),
    rerunOf: row.rerun_of,
    epoch: row.epoch,
    journalSeq: row.journal_seq,
    crashCount: row.crash_count,
    nondeterministic: row.nondeterministic === 1,
  }
}
