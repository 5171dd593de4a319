export { type Contract, contract } from './contract.ts'
export { type Endpoint, endpoints, journalLinkPath, type OperationId } from './endpoints.ts'
export type { ApiTokenJson, TokenScope } from './entities/api-token.ts'
export type { ArtifactJson } from './entities/artifact.ts'
export { type BlockJson, type BlockKindJson, maskedSecret } from './entities/block.ts'
export type { DeploymentJson, DeploymentVersionJson, NewDeploymentInput, SourceJson } from './entities/deployment.ts'
export type { EventJson, NewEventInput } from './entities/event.ts'
export type {
  LakeCheckJson,
  LakeIncidentJson,
  LakeLineageJson,
  LakeLoadJson,
  LakeSnapshotJson,
  LakeTableJson,
} from './entities/lake.ts'
export type { LakeReleaseJson } from './entities/lake-table.ts'
export type { LimitJson } from './entities/limit.ts'
export type { LogLineJson } from './entities/log-line.ts'
export type { WorkPoolJson, WorkQueueJson } from './entities/pool.ts'
export type {
  NewDeploymentRunInput,
  NewRunInput,
  RunDetailJson,
  RunJson,
  TaskRunCountsJson,
  WhyJson,
} from './entities/run.ts'
export type { NewScheduleInput, ScheduleJson } from './entities/schedule.ts'
export type { StateJson } from './entities/state.ts'
export type { RunErrorJson } from './entities/stored-error.ts'
export type { StreamEventJson } from './entities/stream-event.ts'
export type { TaskRunDetailJson, TaskRunJson } from './entities/task-run.ts'
export type { VariableJson } from './entities/variable.ts'
export type { WaitJson } from './entities/wait.ts'
export type { WorkerJson } from './entities/worker.ts'
export type { Content, Operation, OperationSpec, Scope } from './operation.ts'
export { fromProblem, type Problem, type ProblemIssue, problemType, toProblem } from './problem.ts'
export { statusOf } from './problem-status.ts'
export { protocol, protocolHeader } from './protocol.ts'
export type { LakeCommitInput, LineageRecordsInput, WireLoad } from './wire/lake-protocol.ts'
export { type JournalVerdict, linkedBatches } from './wire/journal.ts'
export type { ControlAnswer, SlotAnswer, SlotRequest, StartedRun } from './wire/engine-protocol.ts'
export type {
  Assignment,
  Claim,
  Claimed,
  ExitOutcome,
  ExitReport,
  Heartbeat,
  HeartbeatAnswer,
  Registered,
  Registration,
} from './wire/worker-protocol.ts'
export { queryDecoder, type QueryDecoder } from './decode-query.ts'
export { problem as problemSchema } from './entities/problem.ts'
export { docsPage, errorsPage } from './openapi/docs-page.ts'
export { openApi, possible as possibleProblems } from './openapi/open-api.ts'
