import type { Micros } from '@sluice/core'
import type {
  LakeAuditRecord,
  LakeCheckRecord,
  LakeIncidentRecord,
  LakeLineageRecord,
  LakeLoadRecord,
  LakeReceipt,
  LakeRefRecord,
  LakeSnapshotRecord,
  LakeTableRecord,
  NewLakeCheck,
  NewLakeIncident,
  NewLakeLoad,
  NewLakeSnapshot,
} from '../lake-store.ts'
import type { ColumnsOf, Encoded } from './columns.ts'
import { parseColumn, plainText, plainTextOrNull } from './text.ts'

export interface LakeTableRow {
  readonly id: string
  readonly name: string
  readonly directory: string
  readonly metadata_key: string
  readonly version: number
  readonly created_by: string
  readonly created_at: Micros
  readonly updated_at: Micros
}

export const lakeTableColumns = 'id, name, directory, metadata_key, version, created_by, created_at, updated_at'

export const decodeLakeTable = (row: LakeTableRow): LakeTableRecord => ({
  id: row.id,
  name: row.name,
  directory: row.directory,
  metadataKey: row.metadata_key,
  version: row.version,
  createdBy: row.created_by,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})

/** Without the time, which the database sets. */
export interface LakeSnapshotRow {
  readonly snapshot_id: string
  readonly parent_id: string | null
  readonly sequence_number: number
  readonly operation: string
  readonly schema_id: number | null
  readonly summary: string
  readonly root_id: string | null
  readonly task_run_id: string | null
  readonly load_id: string | null
}

export const lakeSnapshotColumns: ColumnsOf<LakeSnapshotRow> = {
  snapshot_id: 'text',
  parent_id: 'text',
  sequence_number: 'bigint',
  operation: 'text',
  schema_id: 'integer',
  summary: 'text',
  root_id: 'id',
  task_run_id: 'id',
  load_id: 'text',
}

export const encodeLakeSnapshot = (snapshot: NewLakeSnapshot): Encoded<LakeSnapshotRow> => ({
  snapshot_id: snapshot.snapshotId,
  parent_id: snapshot.parentId,
  sequence_number: snapshot.sequenceNumber,
  operation: snapshot.operation,
  schema_id: snapshot.schemaId,
  summary: plainText(snapshot.summary),
  root_id: snapshot.rootId,
  task_run_id: snapshot.taskRunId,
  load_id: plainTextOrNull(snapshot.loadId),
})

export const decodeLakeSnapshot = (row: LakeSnapshotRow & { readonly committed_at: Micros }): LakeSnapshotRecord => ({
  snapshotId: row.snapshot_id,
  parentId: row.parent_id,
  sequenceNumber: row.sequence_number,
  operation: row.operation,
  schemaId: row.schema_id,
  summary: row.summary,
  rootId: row.root_id,
  taskRunId: row.task_run_id,
  loadId: row.load_id,
  committedAt: row.committed_at,
})

export interface LakeLoadRow {
  readonly table_id: string
  readonly id: string
  readonly branch: string
  readonly operation: string
  readonly state: string
  readonly snapshot_id: string | null
  readonly source: string
  readonly records: number
  readonly loaded: number
  readonly quarantined: number
  readonly discarded: number
  readonly filtered: number
  readonly load_cursor: string | null
  readonly changes: string | null
  readonly raw: string | null
  readonly root_id: string | null
  readonly task_run_id: string | null
}

export const lakeLoadColumns: ColumnsOf<LakeLoadRow> = {
  table_id: 'id',
  id: 'text',
  branch: 'text',
  operation: 'text',
  state: 'text',
  snapshot_id: 'text',
  source: 'text',
  records: 'bigint',
  loaded: 'bigint',
  quarantined: 'bigint',
  discarded: 'bigint',
  filtered: 'bigint',
  load_cursor: 'text',
  changes: 'text',
  raw: 'text',
  root_id: 'id',
  task_run_id: 'id',
}

export const encodeLakeLoad = (
  load: NewLakeLoad,
  run: { readonly rootId: string; readonly taskRunId: string | null } | null,
): Encoded<LakeLoadRow> => ({
  table_id: load.tableId,
  id: plainText(load.id),
  branch: plainText(load.branch),
  operation: load.operation,
  state: load.state,
  snapshot_id: load.snapshotId,
  source: plainText(load.source),
  records: load.records,
  loaded: load.loaded,
  quarantined: load.quarantined,
  discarded: load.discarded,
  filtered: load.filtered,
  load_cursor: plainTextOrNull(load.cursor),
  changes: load.changes ?? null,
  raw: plainTextOrNull(load.raw ?? null),
  root_id: (load.made ?? run)?.rootId ?? null,
  task_run_id: (load.made ?? run)?.taskRunId ?? null,
})

export const decodeLakeLoad = (row: LakeLoadRow & { readonly at: Micros }): LakeLoadRecord => ({
  tableId: row.table_id,
  id: row.id,
  branch: row.branch,
  operation: row.operation,
  state: row.state,
  snapshotId: row.snapshot_id,
  source: row.source,
  records: row.records,
  loaded: row.loaded,
  quarantined: row.quarantined,
  discarded: row.discarded,
  filtered: row.filtered,
  cursor: row.load_cursor,
  changes: row.changes,
  raw: row.raw,
  rootId: row.root_id,
  taskRunId: row.task_run_id,
  at: row.at,
})

export interface LakeRefRow {
  readonly name: string
  readonly kind: string
  readonly snapshot_id: string
}

export const decodeLakeRef = (row: LakeRefRow): LakeRefRecord => ({
  name: row.name,
  kind: row.kind === 'tag' ? 'tag' : 'branch',
  snapshotId: row.snapshot_id,
})

export interface LakeLineageRow {
  readonly commit_id: string
  readonly direction: string
  readonly dataset: string
  /** Empty: none. It is a part of the key. */
  readonly snapshot_id: string
  readonly root_id: string | null
  readonly task_run_id: string | null
  readonly detail: string | null
  readonly at: Micros
}

export const decodeLakeLineage = (row: LakeLineageRow): LakeLineageRecord => ({
  commitId: row.commit_id,
  direction: row.direction === 'read' ? 'read' : 'write',
  dataset: row.dataset,
  snapshotId: row.snapshot_id === '' ? null : row.snapshot_id,
  rootId: row.root_id,
  taskRunId: row.task_run_id,
  detail: row.detail,
  at: row.at,
})

/** Of the same table, with what lineage does not ask for. */
export interface LakeAuditRow extends LakeLineageRow {
  readonly actor: string | null
}

export const decodeLakeAudit = ({ commit_id: id, direction, actor, ...row }: LakeAuditRow): LakeAuditRecord => ({
  id,
  deed: direction as LakeAuditRecord['deed'],
  dataset: row.dataset,
  snapshotId: row.snapshot_id === '' ? null : row.snapshot_id,
  actor,
  rootId: row.root_id,
  taskRunId: row.task_run_id,
  detail: row.detail,
  at: row.at,
})

export const decodeLakeReceipt = (row: { readonly id: string; readonly receipt: string }): LakeReceipt => ({
  commitId: row.id,
  tables: parseColumn<LakeReceipt['tables']>(row.receipt, []),
})

/** Without who asked and when. */
export interface LakeCheckRow {
  readonly table_id: string
  readonly snapshot_id: string
  readonly name: string
  readonly severity: string
  readonly outcome: string
  readonly failing: number | null
  readonly detail: string
  readonly load_id: string | null
}

export const lakeCheckColumns: ColumnsOf<LakeCheckRow> = {
  table_id: 'id',
  snapshot_id: 'text',
  name: 'text',
  severity: 'text',
  outcome: 'text',
  failing: 'bigint',
  detail: 'text',
  load_id: 'text',
}

export const encodeLakeCheck = (check: NewLakeCheck): Encoded<LakeCheckRow> => ({
  table_id: check.tableId,
  snapshot_id: check.snapshotId,
  name: plainText(check.name),
  severity: check.severity,
  outcome: check.outcome,
  failing: check.failing,
  detail: plainText(check.detail),
  load_id: plainTextOrNull(check.loadId),
})

export const decodeLakeCheck = (
  row: LakeCheckRow & { readonly root_id: string | null; readonly at: Micros },
): LakeCheckRecord => ({
  tableId: row.table_id,
  snapshotId: row.snapshot_id,
  name: row.name,
  severity: row.severity,
  outcome: row.outcome,
  failing: row.failing,
  detail: row.detail,
  loadId: row.load_id,
  rootId: row.root_id,
  at: row.at,
})

/** What an incident is opened with. */
interface NewLakeIncidentRow {
  readonly id: string
  readonly workspace: string
  readonly table_id: string | null
  readonly table_name: string
  readonly kind: string
  readonly load_id: string
  readonly snapshot_id: string | null
  readonly detail: string
  readonly root_id: string | null
}

export const newLakeIncidentColumns: ColumnsOf<NewLakeIncidentRow> = {
  id: 'id',
  workspace: 'text',
  table_id: 'id',
  table_name: 'text',
  kind: 'text',
  load_id: 'text',
  snapshot_id: 'text',
  detail: 'text',
  root_id: 'id',
}

export const encodeLakeIncident = (
  incident: NewLakeIncident,
  workspace: string,
  rootId: string | null,
): Encoded<NewLakeIncidentRow> => ({
  id: incident.id,
  workspace,
  table_id: incident.tableId,
  table_name: incident.tableName,
  kind: incident.kind,
  load_id: plainText(incident.loadId),
  snapshot_id: incident.snapshotId,
  detail: plainText(incident.detail),
  root_id: rootId,
})

export interface LakeIncidentRow extends Omit<NewLakeIncidentRow, 'workspace'> {
  readonly state: string
  readonly opened_at: Micros
  readonly closed_at: Micros | null
  readonly closed_by: string | null
  readonly note: string | null
}

export const lakeIncidentColumns =
  'id, table_id, table_name, kind, load_id, snapshot_id, detail, root_id, state, opened_at, closed_at, closed_by, note'

export const decodeLakeIncident = (row: LakeIncidentRow): LakeIncidentRecord => ({
  id: row.id,
  tableId: row.table_id,
  tableName: row.table_name,
  kind: row.kind,
  loadId: row.load_id,
  snapshotId: row.snapshot_id,
  detail: row.detail,
  rootId: row.root_id,
  state: row.state === 'open' ? 'open' : 'resolved',
  openedAt: row.opened_at,
  closedAt: row.closed_at,
  closedBy: row.closed_by,
  note: row.note,
})
