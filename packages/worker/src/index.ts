export { discover, type DiscoverOptions } from './discover/discover.ts'
export type {
  Discovered,
  DiscoveredDeployment,
  DiscoveredFlow,
  DiscoveryProblem,
  JsonObject,
} from './discover/discovered.ts'
export { drainOnSignals } from './drain-on-signals.ts'
export type { Exit, KillReason, LaunchedRun, Launcher, LaunchIo, OutputLine } from './launch/launcher.ts'
export { processLauncher, type ProcessLauncherOptions } from './launch/process-launcher.ts'
export { startWorker, type Worker, type WorkerOptions } from './start-worker.ts'
export { deploymentHost, type DeploymentHostOptions } from './supervise/deployment-host.ts'
export { prepareDeployment, type PrepareOptions } from './supervise/prepare-deployment.ts'
export {
  type MadeDeployment,
  type ProjectLook,
  supervise,
  type SuperviseOptions,
  type Supervisor,
} from './supervise/supervise.ts'
export { standardLog, type WorkerLog } from './worker-log.ts'
