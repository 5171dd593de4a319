export { markDeadRuns } from './dead-runs.ts'
export { flow, task } from './define.ts'
export type { ContinueOptions, DeadRun, Home, HomeOptions, StartOptions } from './host.ts'
export { openHome, type OpenHome, type OpenHomeOptions } from './home.ts'
export { whileImporting } from './importing.ts'
export { limit, type LimitSlot } from './limit.ts'
export type { Platform } from './platform.ts'
export { readValue } from './read-value.ts'
export { definedFlows, entrypointOf, fileOf } from './registry.ts'
export { type EngineSettings } from './settings.ts'
export { run } from './run.ts'
export { sleep } from './sleep.ts'
export type { InferInput, InferOutput, StandardSchema } from './standard-schema.ts'
export { continueRun, startRun } from './start.ts'
export type {
  AnyFlow,
  ArtifactWriter,
  CacheOptions,
  CachePart,
  Flow,
  FlowArgs,
  FlowOptions,
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
  Task,
  TaskFuture,
  TaskNode,
  TaskOptions,
} from './types.ts'
