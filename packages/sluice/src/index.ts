export { backoff, type Duration, isSluiceError, Secret, SluiceError, type ErrorCode, type State } from '@sluice/core'
export {
  flow,
  type Flow,
  type FlowOptions,
  type Hook,
  type HookEvent,
  limit,
  type MapFuture,
  type Progress,
  run,
  sleep,
  task,
  type Task,
  type TaskFuture,
  type TaskOptions,
} from '@sluice/engine'
