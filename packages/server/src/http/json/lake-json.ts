import type { LakeLineageJson, LakeLoadJson, LakeSnapshotJson, LakeTableJson } from '@sluice/api'
import {
  iso,
  type LakeLineageRecord,
  type LakeLoadRecord,
  type LakeSnapshotRecord,
  type LakeTableRecord,
} from '@sluice/store'
import { columnJson } from './stored-json.ts'

/** `root`: the URL of the lake. */
export function lakeTableJson(table: LakeTableRecord, root: string): LakeTableJson {
  const { id, name, version, createdBy } = table
  const times = { createdAt: iso(table.createdAt), updatedAt: iso(table.updatedAt) }
  return { id, name, version, metadataLocation: `${root}/${table.metadataKey}`, createdBy, ...times }
}

export function lakeSnapshotJson(snapshot: LakeSnapshotRecord): LakeSnapshotJson {
  const { snapshotId, parentId, sequenceNumber, operation, schemaId, rootId, taskRunId, loadId } = snapshot
  const summary = columnJson(snapshot.summary) as LakeSnapshotJson['summary']
  const facts = { id: snapshotId, parentId, sequenceNumber, operation, schemaId, summary }
  return { ...facts, runId: rootId, taskRunId, loadId, at: iso(snapshot.committedAt) }
}

export function lakeLoadJson(load: LakeLoadRecord): LakeLoadJson {
  const { id, branch, operation, state, snapshotId, source, rootId, taskRunId } = load
  const { records, loaded, quarantined, discarded, filtered } = load
  const facts = { id, branch, operation, state, snapshotId, source }
  const counts = { records, loaded, quarantined, discarded, filtered }
  const cursor = load.cursor === null ? null : columnJson(load.cursor)
  return { ...facts, ...counts, cursor, runId: rootId, taskRunId, at: iso(load.at) }
}

export function lakeLineageJson(entry: LakeLineageRecord): LakeLineageJson {
  const { direction, dataset, snapshotId, commitId, rootId, taskRunId } = entry
  const detail = entry.detail === null ? null : columnJson(entry.detail)
  return { direction, dataset, snapshotId, commitId, runId: rootId, taskRunId, detail, at: iso(entry.at) }
}
