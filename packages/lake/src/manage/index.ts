// What is shown of the lake's tables, and done to them, from outside of flows: for the command.
export { openLakeOf } from './open-lake-of.ts'
export type { OpenLake } from '../table/lake.ts'
export type { ChangeResult, LoadOptions, LoadResult } from '../table/types.ts'
export type {
  AlterResult,
  CompactOptions,
  CompactResult,
  DropOptions,
  DropResult,
  ExpireOptions,
  ExpireResult,
  SweepOptions,
  SweepResult,
} from '../table/upkeep-types.ts'
export { alterTable } from './alter-table.ts'
export { countRowsOf, deleteFromTable } from './delete-from-table.ts'
export { branchTable, deleteBranch } from './branch-table.ts'
export { describeTable, type TableDetails } from './describe-table.ts'
export { compactTable } from '../upkeep/compact-table.ts'
export { diffTable, type TableDiff } from './diff-table.ts'
export { dropFromLake } from '../upkeep/drop-from-lake.ts'
export { expireTable } from '../upkeep/expire-table.ts'
export { sweepLake } from '../upkeep/sweep-lake.ts'
export { ingestFiles, type IngestRequest } from './ingest-files.ts'
export { listTables, type TableSummary } from './list-tables.ts'
export { bytesOf, type LoadRaw, loadsWithRaw, rawOf } from './raw-of.ts'
export type { RawPartState } from '../raw/raw-load.ts'
export { parseVersion } from './parse-version.ts'
export { previewTable, type TablePreview } from './preview-table.ts'
export {
  describeQuarantine,
  type QuarantineReason,
  type QuarantineReplay,
  type QuarantineReport,
  replayQuarantine,
} from './quarantine.ts'
export { queryLake } from './query-lake.ts'
export { rollbackTable, type MovedRef } from './move-refs.ts'
export { deleteTag, tagTable } from './tag-table.ts'
export { schemaVersions, type SchemaVersion } from './schema-versions.ts'
export { type ColumnFacts } from './column-facts.ts'
export { tableVersions, type TableVersion } from './table-versions.ts'
export type { CheckFinding, CheckRecord, Incident } from '../catalog/findings.ts'
export { checkTable, dropLoad, publishTableLoad } from '../table/settle-load.ts'
export { findIncident, listIncidents, resolveIncident } from './incidents.ts'
export { tableChecks, type TableChecks, type TableCheckState } from './table-checks.ts'
export { filesOf, newChange } from './files-of.ts'
export { listReleases, releaseTables, rollbackRelease } from '../release/release-tables.ts'
export type { Release } from '../release/release-types.ts'
export { defineView } from '../sql/define-view.ts'
export { joinPaths, type JoinPath, joinsOf, type TableJoin } from './find-joins.ts'
export type { AuditEntry, AuditPage, AuditQuery } from '../catalog/audit-log.ts'
export { tableNotFound } from '../catalog/table-not-found.ts'
export { viewColumns } from './view-rows.ts'
export { reindexFilesets } from './reindex-filesets.ts'
