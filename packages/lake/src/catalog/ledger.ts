import { newLakeCheck, newLakeIncident } from './findings.ts'
import {
  type LakeCommitEntry,
  type LakeLineageEntry,
  type LakeLoadRecord,
  type NewLakeLineage,
  type NewLakeLoad,
  placeOfReads,
} from '@sluice/store'
import type { DatasetVersion, LakeCommit, LineageRecord, LoadEntry, RowChanges } from './lake-catalog.ts'
import type { TableUpdate } from '../format/table-update.ts'
import type { RawPart } from '../raw/raw-part.ts'
import type { WorkingTables } from './plan-commit.ts'

/** What the store is to remember of a commit beside its pointers. */
export function entryOf(
  commit: LakeCommit,
  planned: WorkingTables,
  { createdBy, updates }: Pick<LakeCommitEntry, 'createdBy' | 'updates'>,
): LakeCommitEntry {
  const { owner } = commit
  return {
    id: commit.id,
    run: owner ? { rootId: owner.rootId, epoch: owner.epoch, taskRunId: owner.taskRunId ?? null } : null,
    createdBy,
    loads: commit.tables.flatMap(({ name, load, files }): readonly NewLakeLoad[] => {
      const tableId = planned.get(name)?.metadata['table-uuid']
      return load === undefined || tableId === undefined ? [] : [newLoad(tableId, load, files ?? [])]
    }),
    ...leasesOf(commit),
    ...findingsOf(commit, planned, createdBy),
    lineage: [...(commit.reads ?? []).map(readEntry), ...writes(commit)],
    ...changesOf(commit),
    tables: commit.tables.map(({ name }) => name),
    ...(updates && { updates }),
    ...(commit.found && { files: commit.found }),
  }
}

function leasesOf({ tables }: LakeCommit): Pick<LakeCommitEntry, 'leases'> {
  const leases = tables.flatMap(({ name: table, lease }) => (lease === undefined ? [] : [{ table, ticket: lease }]))
  return leases.length === 0 ? {} : { leases }
}

/** Those members that there are: most commits find nothing. */
function findingsOf(
  { tables, owner }: LakeCommit,
  planned: WorkingTables,
  createdBy: string,
): Pick<LakeCommitEntry, 'checks' | 'incidents' | 'resolved'> {
  const idOf = (name: string): string => planned.get(name)?.metadata['table-uuid'] ?? ''
  const by = owner === undefined ? createdBy : `run ${owner.rootId}`
  const checks = tables.flatMap(({ name, checks: found = [] }) => found.map((one) => newLakeCheck(idOf(name), one)))
  const incidents = tables.flatMap(({ name, incident }) =>
    incident === undefined ? [] : [newLakeIncident({ id: idOf(name), name }, incident)],
  )
  const resolved = tables.flatMap(({ name: tableName, resolved: end }) =>
    end === undefined ? [] : [{ tableName, by, ...end }],
  )
  return {
    ...(checks.length > 0 && { checks }),
    ...(incidents.length > 0 && { incidents }),
    ...(resolved.length > 0 && { resolved }),
  }
}

function newLoad(tableId: string, load: LoadEntry, files: readonly string[]): NewLakeLoad {
  return {
    tableId,
    id: load.id,
    branch: load.branch,
    operation: load.operation,
    state: load.state,
    snapshotId: load.snapshotId === undefined ? null : String(load.snapshotId),
    source: load.source,
    ...load.counts,
    cursor: load.cursor === undefined ? null : JSON.stringify(load.cursor),
    changes: load.changes === undefined ? null : JSON.stringify(load.changes),
    raw: load.raw === undefined ? null : JSON.stringify(load.raw),
    files,
  }
}

/** A load as the ledger has it. */
export function loadEntry(record: LakeLoadRecord): LoadEntry {
  const { records, loaded, quarantined, discarded, filtered } = record
  return {
    id: record.id,
    branch: record.branch,
    operation: record.operation as LoadEntry['operation'],
    state: record.state as LoadEntry['state'],
    snapshotId: record.snapshotId === null ? undefined : BigInt(record.snapshotId),
    source: record.source,
    counts: { records, loaded, quarantined, discarded, filtered },
    ...(typeof record.changes === 'string' ? { changes: JSON.parse(record.changes) as RowChanges } : {}),
    ...(record.cursor === null ? {} : { cursor: JSON.parse(record.cursor) as unknown }),
    ...(typeof record.raw === 'string' ? { raw: JSON.parse(record.raw) as readonly RawPart[] } : {}),
    ...(record.rootId === null ? {} : { rootId: record.rootId }),
    ...(record.taskRunId === null ? {} : { taskRunId: record.taskRunId }),
    at: record.at,
  }
}

const readEntry = ({ dataset, snapshotId }: DatasetVersion): LakeLineageEntry => ({
  direction: 'read',
  dataset,
  snapshotId: snapshotId === undefined ? null : String(snapshotId),
})

function writes({ tables }: LakeCommit): readonly LakeLineageEntry[] {
  return tables.flatMap(({ name, updates, append }) => {
    const added = updates.flatMap((update) =>
      update.action === 'add-snapshot' ? [update.snapshot['snapshot-id']] : [],
    )
    const ids = append === undefined ? added : [...added, append.snapshotId]
    return ids.map((id): LakeLineageEntry => ({ direction: 'write', dataset: name, snapshotId: String(id) }))
  })
}

/** Changes without a new version: what was said of the table, its columns, and what its branches and tags are at. */
function changesOf({ tables }: LakeCommit): Pick<LakeCommitEntry, 'changes'> {
  const changes = tables.flatMap(({ name, updates, append }) => {
    const said = append === undefined ? updates.flatMap(changeText) : []
    const isNew = updates.some(({ action }) => action === 'add-snapshot')
    return isNew || said.length === 0 ? [] : [{ dataset: name, detail: JSON.stringify({ changes: said }) }]
  })
  return changes.length === 0 ? {} : { changes }
}

function changeText(update: TableUpdate): readonly string[] {
  switch (update.action) {
    case 'set-snapshot-ref':
      return [`${update['ref-name']} is at ${update['snapshot-id']}`]
    case 'remove-snapshot-ref':
      return [`${update['ref-name']} is gone`]
    case 'remove-snapshots':
      return [`${update['snapshot-ids'].length} versions are forgotten`]
    case 'add-schema':
      return ['other columns']
    case 'set-properties':
      return [`said: ${Object.keys(update.updates).join(', ')}`]
    case 'remove-properties':
      return [`no longer said: ${update.removals.join(', ')}`]
    default:
      return []
  }
}

/** What a run read or wrote beside its commits, as the store keeps it. */
export function lineageEntry(record: LineageRecord): NewLakeLineage {
  const { rootId, taskRunId = null, direction, dataset, snapshotId, detail } = record
  return {
    commitId: placeOfReads({ rootId, taskRunId }),
    direction,
    dataset,
    snapshotId: snapshotId === undefined ? null : String(snapshotId),
    rootId,
    taskRunId,
    detail: detail === undefined ? null : JSON.stringify(detail),
  }
}
