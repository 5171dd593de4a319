export { artifactEntity } from './json/artifact-entity.ts'
export { iso, stateJson } from './json/fields.ts'
export { logLineEntity } from './json/log-line-entity.ts'
export { runDetailEntity, runEntity } from './json/run-entity.ts'
export { taskRunEntity } from './json/task-run-entity.ts'
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
  RunOrigin,
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
export type {
  BlockRecord,
  CatalogStore,
  DeploymentFields,
  DeploymentRecord,
  DeploymentVersionRecord,
  DueSchedule,
  LimitRecord,
  NewToken,
  PutDeployment,
  ScheduleFiring,
  ScheduleRecord,
  ScheduleSpec,
  TokenRecord,
  VariableRecord,
  WorkPoolRecord,
  WorkQueueRecord,
} from './catalog-store.ts'
export type {
  CreatedRun,
  DispatchStore,
  Freed,
  Heartbeat,
  HeartbeatAnswer,
  LimitNeed,
  NewWorker,
  QueuedRun,
  Reclaim,
  Reclaimed,
  Requeue,
  RunEpoch,
  RunExplanation,
  SlotHolder,
  SlotRequest,
  WaitAnswer,
  WaitQuery,
  WorkerClaim,
  WorkerRecord,
} from './dispatch-store.ts'
export type {
  DatabaseStatus,
  EventPage,
  EventRecord,
  EventStore,
  NewEvent,
  RunSearch,
  Signals,
  TreeChange,
} from './event-store.ts'
