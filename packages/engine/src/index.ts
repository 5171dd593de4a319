export { markDeadRuns } from './run/dead-runs.ts'
export { flow, task } from './authoring/define.ts'
export type { ContinueOptions, DeadRun, Home, HomeOptions, StartOptions } from './host.ts'
export { openHome, type OpenHome, type OpenHomeOptions, sharedHome } from './home/home.ts'
export { whileImporting } from './authoring/importing.ts'
export { limit, type LimitSlot } from './authoring/limit.ts'
export type { Platform } from './platform.ts'
export { readValue } from './home/read-value.ts'
export { createSecretBox, previousSecretKeysOf, type SecretBox, secretKeyOf } from './home/secret-box.ts'
export { attemptContext, type AttemptContext } from './scope/attempt-context.ts'
export { cacheVersion, type CacheVersion, type CacheVersioned } from './cache-version.ts'
export { applyRetention } from './run/retention.ts'
export { definedFlows, entrypointOf, fileOf } from './authoring/registry.ts'
export { type EngineSettings } from './home/settings.ts'
export { run } from './authoring/run.ts'
export { block, type Blocks, variable } from './authoring/saved.ts'
export { pause, type PauseOptions } from './authoring/pause.ts'
export { sleep } from './authoring/sleep.ts'
export { type EventPattern, type FlowEvent, waitFor, type WaitForOptions } from './authoring/wait-for.ts'
export {
  declaredDeployments,
  type DeclaredSchedule,
  type DeploymentDeclaration,
  type DeploymentHost,
  setDeploymentHost,
} from './authoring/deploying.ts'
export { inputJsonSchema } from './standard-schema.ts'
export type { InferInput, InferOutput, StandardSchema } from './standard-schema.ts'
export { sibling } from './sibling.ts'
export { continueRun, startRun } from './run/start.ts'
export { executeRun, type ExecuteOptions, type Execution, type RunEnd } from './run/execute.ts'
export { createLease, type RenewableLease } from './run/lease.ts'
export { planRetry } from './run/retry-plan.ts'
export { retriedByHand } from './call/resumed-attempts.ts'
export type { ControlOptions, Lease, RunStore, StartedOutcome, StartedRuns, StartRequest } from './run-store.ts'
export type { RunDeployment, RunHome } from './home/run-home.ts'
export type {
  AnyFlow,
  ArtifactWriter,
  CacheOptions,
  CachePart,
  Deployed,
  DeploymentSchedule,
  DeployOptions,
  Flow,
  FlowArgs,
  FlowOptions,
  FlowStartOptions,
  FlowWithSchema,
  Hook,
  HookEvent,
  Hooks,
  Lift,
  Liftable,
  LimitUse,
  MapFuture,
  MaybePromise,
  Progress,
  Reporter,
  Run,
  RunEvent,
  RunLog,
  RunNode,
  ServeOptions,
  StartArgs,
  StartedRun,
  Task,
  TaskFuture,
  TaskNode,
  TaskOptions,
} from './types.ts'
