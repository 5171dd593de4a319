import { setDeploymentHost } from '@sluice/engine'
import { lazyDeploymentHost } from './deployment-host.ts'

export { backoff, type Duration, isSluiceError, Secret, SluiceError, type ErrorCode, type State } from '@sluice/core'
export {
  block,
  type Blocks,
  type Deployed,
  type DeploymentSchedule,
  type DeployOptions,
  flow,
  type Flow,
  type FlowEvent,
  type FlowOptions,
  type FlowStartOptions,
  type Hook,
  type HookEvent,
  limit,
  type MapFuture,
  pause,
  type PauseOptions,
  type Progress,
  run,
  type ServeOptions,
  sleep,
  type StartedRun,
  task,
  type Task,
  type TaskFuture,
  type TaskOptions,
  variable,
  waitFor,
  type WaitForOptions,
} from '@sluice/engine'

setDeploymentHost(lazyDeploymentHost)
