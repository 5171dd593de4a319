/**
 * Where every operation is. Plain data, apart from the schemas: the client needs no more than this at run time, and a process
 * that only calls the API never loads zod. `repeatable`: may be sent again after a lost answer although it is a POST, because it
 * has an id of its own or comes to the same.
 */
export const endpoints = {
  version: { method: 'GET', path: '/api/version' },
  openapi: { method: 'GET', path: '/api/openapi.json' },
  docs: { method: 'GET', path: '/api/docs' },

  listRuns: { method: 'GET', path: '/api/runs' },
  countRuns: { method: 'GET', path: '/api/runs/count' },
  createRun: { method: 'POST', path: '/api/runs' },
  createRuns: { method: 'POST', path: '/api/runs/bulk' },
  cancelRuns: { method: 'POST', path: '/api/runs/bulk/cancel', repeatable: true },
  getRun: { method: 'GET', path: '/api/runs/{run}' },
  cancelRun: { method: 'POST', path: '/api/runs/{run}/cancel', repeatable: true },
  retryRun: { method: 'POST', path: '/api/runs/{run}/retry' },
  rerunRun: { method: 'POST', path: '/api/runs/{run}/rerun' },
  resumeRun: { method: 'POST', path: '/api/runs/{run}/resume' },
  whyRun: { method: 'GET', path: '/api/runs/{run}/why' },
  listChildRuns: { method: 'GET', path: '/api/runs/{run}/runs' },
  listTaskRuns: { method: 'GET', path: '/api/runs/{run}/task-runs' },
  getTaskRun: { method: 'GET', path: '/api/task-runs/{taskRun}' },
  cancelTaskRun: { method: 'POST', path: '/api/task-runs/{taskRun}/cancel', repeatable: true },
  listLogs: { method: 'GET', path: '/api/runs/{run}/logs' },
  listArtifacts: { method: 'GET', path: '/api/runs/{run}/artifacts' },
  streamRun: { method: 'GET', path: '/api/runs/{run}/stream' },

  listWaits: { method: 'GET', path: '/api/waits' },
  getWait: { method: 'GET', path: '/api/waits/{wait}' },
  answerWait: { method: 'POST', path: '/api/waits/{wait}/answer' },

  listEvents: { method: 'GET', path: '/api/events' },
  emitEvent: { method: 'POST', path: '/api/events' },
  streamEvents: { method: 'GET', path: '/api/events/stream' },

  listDeployments: { method: 'GET', path: '/api/deployments' },
  putDeployment: { method: 'PUT', path: '/api/deployments' },
  getDeployment: { method: 'GET', path: '/api/deployments/{deployment}' },
  deleteDeployment: { method: 'DELETE', path: '/api/deployments/{deployment}' },
  pauseDeployment: { method: 'POST', path: '/api/deployments/{deployment}/pause', repeatable: true },
  resumeDeployment: { method: 'POST', path: '/api/deployments/{deployment}/resume', repeatable: true },
  runDeployment: { method: 'POST', path: '/api/deployments/{deployment}/runs' },
  listDeploymentVersions: { method: 'GET', path: '/api/deployments/{deployment}/versions' },
  setSchedule: { method: 'PATCH', path: '/api/deployments/{deployment}/schedules/{schedule}' },

  listPools: { method: 'GET', path: '/api/pools' },
  getPool: { method: 'GET', path: '/api/pools/{pool}' },
  putPool: { method: 'PUT', path: '/api/pools/{pool}' },
  deletePool: { method: 'DELETE', path: '/api/pools/{pool}' },
  pausePool: { method: 'POST', path: '/api/pools/{pool}/pause', repeatable: true },
  resumePool: { method: 'POST', path: '/api/pools/{pool}/resume', repeatable: true },
  listQueues: { method: 'GET', path: '/api/pools/{pool}/queues' },
  putQueue: { method: 'PUT', path: '/api/pools/{pool}/queues/{queue}' },
  deleteQueue: { method: 'DELETE', path: '/api/pools/{pool}/queues/{queue}' },
  pauseQueue: { method: 'POST', path: '/api/pools/{pool}/queues/{queue}/pause', repeatable: true },
  resumeQueue: { method: 'POST', path: '/api/pools/{pool}/queues/{queue}/resume', repeatable: true },

  listWorkers: { method: 'GET', path: '/api/workers' },
  registerWorker: { method: 'PUT', path: '/api/workers/{worker}' },
  heartbeat: { method: 'POST', path: '/api/workers/{worker}/heartbeat', repeatable: true },
  claimRuns: { method: 'POST', path: '/api/workers/{worker}/claim', repeatable: true },
  reportExit: { method: 'POST', path: '/api/workers/{worker}/exits', repeatable: true },
  stopWorker: { method: 'POST', path: '/api/workers/{worker}/stop', repeatable: true },

  listLimits: { method: 'GET', path: '/api/limits' },
  getLimit: { method: 'GET', path: '/api/limits/{limit}' },
  putLimit: { method: 'PUT', path: '/api/limits/{limit}' },
  deleteLimit: { method: 'DELETE', path: '/api/limits/{limit}' },
  listVariables: { method: 'GET', path: '/api/variables' },
  getVariable: { method: 'GET', path: '/api/variables/{variable}' },
  putVariable: { method: 'PUT', path: '/api/variables/{variable}' },
  deleteVariable: { method: 'DELETE', path: '/api/variables/{variable}' },
  listBlockKinds: { method: 'GET', path: '/api/block-kinds' },
  listBlocks: { method: 'GET', path: '/api/blocks' },
  getBlock: { method: 'GET', path: '/api/blocks/{kind}/{name}' },
  putBlock: { method: 'PUT', path: '/api/blocks/{kind}/{name}' },
  deleteBlock: { method: 'DELETE', path: '/api/blocks/{kind}/{name}' },
  listTokens: { method: 'GET', path: '/api/tokens' },
  createToken: { method: 'POST', path: '/api/tokens' },
  revokeToken: { method: 'DELETE', path: '/api/tokens/{token}' },

  appendJournal: { method: 'POST', path: '/api/engine/runs/{run}/journal', repeatable: true },
  appendJournals: { method: 'POST', path: '/api/engine/journals', repeatable: true },
  loadCheckpoints: { method: 'GET', path: '/api/engine/runs/{run}/checkpoints' },
  readControl: { method: 'GET', path: '/api/engine/runs/{run}/control' },
  appendLogs: { method: 'POST', path: '/api/engine/runs/{run}/logs' },
  timeOutWait: { method: 'POST', path: '/api/engine/runs/{run}/waits/{wait}/timeout', repeatable: true },
  acquireSlots: { method: 'POST', path: '/api/engine/runs/{run}/slots', repeatable: true },
  releaseSlots: { method: 'POST', path: '/api/engine/runs/{run}/slots/release', repeatable: true },
  startRun: { method: 'POST', path: '/api/engine/runs/{run}/started', repeatable: true },
  startedOutcome: { method: 'GET', path: '/api/engine/runs/{run}/started/{started}' },
  cancelStarted: { method: 'POST', path: '/api/engine/runs/{run}/started/{started}/cancel', repeatable: true },
  getCached: { method: 'GET', path: '/api/engine/runs/{run}/cache/{key}' },
  putResult: { method: 'PUT', path: '/api/engine/runs/{run}/results/{ref}' },
  getResult: { method: 'GET', path: '/api/engine/runs/{run}/results/{ref}' },
  openBlock: { method: 'GET', path: '/api/engine/runs/{run}/blocks/{kind}/{name}' },
  readVariable: { method: 'GET', path: '/api/engine/runs/{run}/variables/{variable}' },

  listTables: { method: 'GET', path: '/api/lake/tables' },
  getTable: { method: 'GET', path: '/api/lake/tables/{table}' },
  listSnapshots: { method: 'GET', path: '/api/lake/tables/{table}/snapshots' },
  listLoads: { method: 'GET', path: '/api/lake/tables/{table}/loads' },
  listLineage: { method: 'GET', path: '/api/lake/lineage' },
  listChecks: { method: 'GET', path: '/api/lake/tables/{table}/checks' },
  listIncidents: { method: 'GET', path: '/api/lake/incidents' },
  getIncident: { method: 'GET', path: '/api/lake/incidents/{incident}' },
  resolveIncident: { method: 'POST', path: '/api/lake/incidents/{incident}/resolve', repeatable: true },
  traceLineage: { method: 'GET', path: '/api/lake/lineage/graph' },
  searchLake: { method: 'GET', path: '/api/lake/search' },
  listViews: { method: 'GET', path: '/api/lake/views' },
  listJoins: { method: 'GET', path: '/api/lake/tables/{table}/joins' },
  findJoinPaths: { method: 'GET', path: '/api/lake/tables/{table}/joins/{other}' },
  auditLake: { method: 'GET', path: '/api/lake/audit' },
  describeView: { method: 'GET', path: '/api/lake/views/{view}/columns' },
  summarizeTables: { method: 'GET', path: '/api/lake/summaries' },
  describeTable: { method: 'GET', path: '/api/lake/tables/{table}/details' },
  listTableVersions: { method: 'GET', path: '/api/lake/tables/{table}/versions' },
  listTableSchemas: { method: 'GET', path: '/api/lake/tables/{table}/schema' },
  getTableChecks: { method: 'GET', path: '/api/lake/tables/{table}/checks/current' },
  tagTable: { method: 'POST', path: '/api/lake/tables/{table}/tags', repeatable: true },
  deleteTag: { method: 'DELETE', path: '/api/lake/tables/{table}/tags/{tag}' },
  branchTable: { method: 'POST', path: '/api/lake/tables/{table}/branches', repeatable: true },
  deleteBranch: { method: 'DELETE', path: '/api/lake/tables/{table}/branches/{branch}' },
  rollbackTable: { method: 'POST', path: '/api/lake/tables/{table}/rollback', repeatable: true },
  alterTable: { method: 'POST', path: '/api/lake/tables/{table}/alter', repeatable: true },
  expireTable: { method: 'POST', path: '/api/lake/tables/{table}/expire', repeatable: true },
  deleteTable: { method: 'DELETE', path: '/api/lake/tables/{table}' },
  sweepLake: { method: 'POST', path: '/api/lake/sweep', repeatable: true },
  listReleases: { method: 'GET', path: '/api/lake/releases' },
  createRelease: { method: 'POST', path: '/api/lake/releases', repeatable: true },
  rollbackRelease: { method: 'POST', path: '/api/lake/releases/{release}/rollback', repeatable: true },
  previewTable: { method: 'GET', path: '/api/lake/tables/{table}/rows' },
  queryLake: { method: 'POST', path: '/api/lake/sql', repeatable: true },
  diffTable: { method: 'GET', path: '/api/lake/tables/{table}/diff' },
  describeQuarantine: { method: 'GET', path: '/api/lake/tables/{table}/quarantine' },
  replayQuarantine: { method: 'POST', path: '/api/lake/tables/{table}/quarantine/replay', repeatable: true },
  ingestFile: { method: 'POST', path: '/api/lake/tables/{table}/loads', repeatable: true },
  publishLoad: { method: 'POST', path: '/api/lake/tables/{table}/loads/{load}/publish', repeatable: true },
  dropLoad: { method: 'POST', path: '/api/lake/tables/{table}/loads/{load}/drop', repeatable: true },
  checkTable: { method: 'POST', path: '/api/lake/tables/{table}/check', repeatable: true },
  compactTable: { method: 'POST', path: '/api/lake/tables/{table}/compact', repeatable: true },
  deleteRows: { method: 'POST', path: '/api/lake/tables/{table}/delete' },
  verifyLake: { method: 'GET', path: '/api/lake/verify' },
  deleteView: { method: 'DELETE', path: '/api/lake/views/{view}' },
  defineView: { method: 'PUT', path: '/api/lake/views/{view}' },
  openLake: { method: 'GET', path: '/api/lake/runs/{run}' },
  findTables: { method: 'GET', path: '/api/lake/runs/{run}/tables' },
  findTable: { method: 'GET', path: '/api/lake/runs/{run}/tables/{table}' },
  commitTables: { method: 'POST', path: '/api/lake/runs/{run}/commits', repeatable: true },
  dropTable: { method: 'POST', path: '/api/lake/runs/{run}/tables/{table}/drop', repeatable: true },
  holdLease: { method: 'POST', path: '/api/lake/runs/{run}/tables/{table}/lease', repeatable: true },
  releaseLease: { method: 'POST', path: '/api/lake/runs/{run}/tables/{table}/lease/release', repeatable: true },
  findLoad: { method: 'GET', path: '/api/lake/runs/{run}/ledger/{tableId}/load' },
  findLoads: { method: 'GET', path: '/api/lake/runs/{run}/ledger/{tableId}/loads' },
  findChecks: { method: 'GET', path: '/api/lake/runs/{run}/ledger/{tableId}/checks' },
  recordChecks: { method: 'POST', path: '/api/lake/runs/{run}/ledger/{tableId}/checks', repeatable: true },
  findIncidents: { method: 'GET', path: '/api/lake/runs/{run}/incidents' },
  openIncident: { method: 'POST', path: '/api/lake/runs/{run}/incidents', repeatable: true },
  findIncident: { method: 'GET', path: '/api/lake/runs/{run}/incidents/{incident}' },
  settleIncident: { method: 'POST', path: '/api/lake/runs/{run}/incidents/{incident}/resolve', repeatable: true },
  searchFromRun: { method: 'GET', path: '/api/lake/runs/{run}/search' },
  findViews: { method: 'GET', path: '/api/lake/runs/{run}/views' },
  findView: { method: 'GET', path: '/api/lake/runs/{run}/views/{view}' },
  putView: { method: 'PUT', path: '/api/lake/runs/{run}/views/{view}' },
  dropView: { method: 'DELETE', path: '/api/lake/runs/{run}/views/{view}' },
  recordLineage: { method: 'POST', path: '/api/lake/runs/{run}/lineage', repeatable: true },
  findLineage: { method: 'GET', path: '/api/lake/runs/{run}/lineage' },
  loadedFiles: { method: 'POST', path: '/api/lake/runs/{run}/ledger/{tableId}/files', repeatable: true },
} as const

/**
 * Where a process that journals a lot opens a connection that stays (WebSocket): each message is what `appendJournals` takes, with an
 * `id` that its answer repeats.
 */
export const journalLinkPath = '/api/engine/journals/link'

/** The name of an operation, the same in contract, OpenAPI and client. */
export type OperationId = keyof typeof endpoints
export type Endpoint<Id extends OperationId = OperationId> = (typeof endpoints)[Id]

/** Operations of the lake that a run calls with its token: by where they are. */
export type LakeRunOperationId = {
  [Id in OperationId]: Endpoint<Id>['path'] extends `/api/lake/runs/${string}` ? Id : never
}[OperationId]

/** All that a run calls with its token. */
export type RunOperationId =
  | LakeRunOperationId
  | { [Id in OperationId]: Endpoint<Id>['path'] extends `/api/engine/${string}` ? Id : never }[OperationId]

/** The same, for those who make a client of them. */
export const runOperations: readonly RunOperationId[] = (Object.keys(endpoints) as OperationId[]).filter(
  (id): id is RunOperationId => /^\/api\/(?:engine|lake\/runs)\//.test(endpoints[id].path),
)
