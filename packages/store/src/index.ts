export type {
  ArtifactEntry,
  ChildRunEntry,
  DropEntry,
  JournalBatch,
  JournalEntry,
  JournalReceipt,
  RootRunEntry,
  TaskEntry,
  WaitEntry,
} from './journal-batch.ts'
export { isPostgresUrl, type OpenOptions, openStore } from './open-store.ts'
export type { Platform } from './platform.ts'
export type {
  Artifact,
  ArtifactKind,
  CachedResult,
  CacheEntry,
  Checkpoints,
  LogEntry,
  LogRecord,
  NewRun,
  Owner,
  Page,
  RunCheckpoint,
  RunControl,
  RunRecord,
  StoredValue,
  TaskCheckpoint,
  TaskRunRecord,
  TimelineEntry,
  Upstream,
  WaitRecord,
} from './records.ts'
export {
  defaultWorkspace,
  type LogQuery,
  type OwnedRun,
  type RunClaim,
  type RunQuery,
  type Store,
  type TaskRunCounts,
  type TaskRunQuery,
} from './store.ts'
