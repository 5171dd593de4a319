import { catalogMethods } from './catalog-methods.ts'
import { dispatchMethods } from './dispatch-methods.ts'
import type { Driver } from './driver.ts'
import { eventMethods } from './event-methods.ts'
import { lakeMethods } from './lake-methods.ts'
import { isId } from './paging.ts'
import { appendLogs } from './queries/append-logs.ts'
import { claimRun } from './queries/claim-run.ts'
import { countTaskRuns, noTaskRuns } from './queries/count-task-runs.ts'
import { createRun } from './queries/create-run.ts'
import { deleteRunsBefore } from './queries/delete-runs-before.ts'
import { endAbandoned, markCrashed } from './queries/end-unowned-run.ts'
import { findRun } from './queries/find-run.ts'
import { getCached } from './queries/get-cached.ts'
import { getRun } from './queries/get-run.ts'
import { getTaskRun } from './queries/get-task-run.ts'
import { listArtifacts } from './queries/list-artifacts.ts'
import { listLogs } from './queries/list-logs.ts'
import { listOwned } from './queries/list-owned.ts'
import { listRuns } from './queries/list-runs.ts'
import { listTaskRuns } from './queries/list-task-runs.ts'
import { loadCheckpoints } from './queries/load-checkpoints.ts'
import { readControl } from './queries/read-control.ts'
import { requestCancel } from './queries/request-cancel.ts'
import type { Store } from './store.ts'

/**
 * The store over either driver. What is one statement runs by itself; what must see its own locks runs in a transaction.
 * Reading by an id that is none finds nothing on either database.
 */
export function databaseStore(driver: Driver): Store {
  return {
    kind: driver.dialect,
    location: driver.location,
    ...runMethods(driver),
    ...readMethods(driver),
    ...dispatchMethods(driver),
    ...catalogMethods(driver),
    ...eventMethods(driver),
    ...lakeMethods(driver),
    appendJournal: (batch) => driver.appendJournal(batch),
    appendLogs: (entries) => driver.run(() => appendLogs(entries)),
    deleteRunsBefore: (query) => driver.transact(() => deleteRunsBefore(query)),
    close: () => driver.close(),
    [Symbol.asyncDispose]: () => driver.close(),
  }
}

type RunMethods = Pick<
  Store,
  | 'createRun'
  | 'getRun'
  | 'findRun'
  | 'listRuns'
  | 'claimRun'
  | 'markCrashed'
  | 'endAbandoned'
  | 'requestCancel'
  | 'readControl'
  | 'listOwned'
>

function runMethods(driver: Driver): RunMethods {
  return {
    createRun: (run) => driver.run(() => createRun(run)),
    getRun: async (id) => (isId(id) ? driver.run(() => getRun(id)) : undefined),
    findRun: (prefix) => driver.run(() => findRun(prefix)),
    listRuns: (query) => driver.run(() => listRuns(query)),
    claimRun: async (claim) => (isId(claim.id) ? driver.transact(() => claimRun(claim)) : undefined),
    markCrashed: async (mark) => isId(mark.id) && driver.transact(() => markCrashed(mark)),
    endAbandoned: async (end) => isId(end.id) && driver.transact(() => endAbandoned(end)),
    requestCancel: async (id, state) => (isId(id) ? driver.transact(() => requestCancel(id, state)) : undefined),
    readControl: async (id) => (isId(id) ? driver.run(() => readControl(id)) : undefined),
    listOwned: () => driver.run(listOwned),
  }
}

type ReadMethods = Pick<
  Store,
  'loadCheckpoints' | 'getCached' | 'listLogs' | 'listTaskRuns' | 'getTaskRun' | 'countTaskRuns' | 'listArtifacts'
>

function readMethods(driver: Driver): ReadMethods {
  return {
    loadCheckpoints: async (rootId) =>
      isId(rootId) ? driver.run(() => loadCheckpoints(rootId)) : { tasks: [], runs: [], waits: [] },
    getCached: (key, now) => driver.run(() => getCached(key, now)),
    listLogs: (query) => driver.run(() => listLogs(query)),
    listTaskRuns: (query) => driver.run(() => listTaskRuns(query)),
    getTaskRun: async (id) => (isId(id) ? driver.run(() => getTaskRun(id)) : undefined),
    countTaskRuns: async (rootId) => (isId(rootId) ? driver.run(() => countTaskRuns(rootId)) : noTaskRuns),
    listArtifacts: async (rootId) => (isId(rootId) ? driver.run(() => listArtifacts(rootId)) : []),
  }
}
