export type { Check, CheckOptions, CheckSpec, CheckValue, CustomCheck } from './checks/check-spec.ts'
export {
  accepted,
  check,
  freshness,
  notNull,
  range,
  type RangeOptions,
  relationship,
  rowCount,
  type RowCountOptions,
  unique,
} from './checks/check-helpers.ts'
export type { CheckFinding, CheckRecord, Incident } from './catalog/findings.ts'
export type { LakeCatalog } from './catalog/lake-catalog.ts'
export { asset, type Asset } from './lineage/asset.ts'
export type { LineageGraph, LineageLink, LineageOptions } from './lineage/lineage-graph.ts'
export type { SchemaChange } from './ingest/schema-change.ts'
export { type Cursor, cursor, type CursorOptions, type CursorValue } from './ingest/cursor/cursor.ts'
export {
  type FilesSource,
  source,
  type SqlDatabase,
  type SqlSource,
  type SqlSourceOptions,
  type SqlSourceState,
  type SqlSourceText,
  type SqlTransaction,
} from './ingest/source/lazy-source.ts'
export type { RawLoad, RawPartState } from './raw/raw-load.ts'
export type { RawMode, RawPart, RawRows } from './raw/raw-part.ts'
export type { RejectedRow, ReplayOptions } from './ingest/replay/replay-options.ts'
export type { Relation } from './sql/relation.ts'
export type { Release, ReleasedLake, ReleasedTable, ReleaseOptions, ReleasePart } from './release/release-types.ts'
export type { SqlPart, SqlValue } from './sql/sql-text.ts'
export type { LakeStorage } from './storage/lake-storage.ts'
export { bucket, day, hour, month, truncate, year } from './table/partition-helpers.ts'
export { lake, table } from './table/table.ts'
export type {
  ChangeResult,
  ColumnOptions,
  ColumnRef,
  Contract,
  CsvOptions,
  DeleteOptions,
  LoadOptions,
  LoadResult,
  MergeMode,
  MergeOptions,
  OverwriteOptions,
  PartitionBy,
  ReadOptions,
  ReplayResult,
  Source,
  Table,
  TableOptions,
  TableView,
  Version,
  Where,
} from './table/types.ts'
export type {
  AlterOptions,
  AlterResult,
  CompactOptions,
  CompactResult,
  DropOptions,
  DropResult,
  ExpireOptions,
  ExpireResult,
  SweepOptions,
  SweepResult,
  TableUpkeep,
} from './table/upkeep-types.ts'
export type {
  BranchOptions,
  DiffOptions,
  MovedRef,
  QuarantineOptions,
  TableHistory,
  TagOptions,
} from './table/history-types.ts'
export type { TableDetails } from './manage/describe-table.ts'
export type { TableDiff } from './manage/diff-table.ts'
export type { TableSummary } from './manage/list-tables.ts'
export type { QuarantineReport } from './manage/quarantine.ts'
export type { SchemaVersion } from './manage/schema-versions.ts'
export type { TableChecks } from './manage/table-checks.ts'
export type { TableVersion } from './manage/table-versions.ts'
export type { LakeReport } from './catalog/verify-lake.ts'
export { updated, type DatasetUpdated } from './table/updated.ts'
export type { LakeView, SearchHit, SearchPage } from './catalog/findable.ts'
export {
  fileset,
  type FileContent,
  type FileFacts,
  type Fileset,
  type FilesetOptions,
  type FileVersion,
  type FoundFile,
  type PutFileOptions,
} from './fileset/fileset.ts'
export { type ModelResult, models, type Models } from './models/models.ts'
