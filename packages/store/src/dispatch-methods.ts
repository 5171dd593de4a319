import type { DispatchStore, HeartbeatAnswer, Reclaimed } from './dispatch-store.ts'
import type { Driver } from './driver.ts'
import { isId } from './paging.ts'
import { cancelQueued } from './queries/dispatch/cancel-queued.ts'
import { claimRuns } from './queries/dispatch/claim-runs.ts'
import { createRuns } from './queries/dispatch/create-runs.ts'
import { explainRun } from './queries/dispatch/explain-run.ts'
import { makeDue } from './queries/dispatch/make-due.ts'
import { markLate } from './queries/dispatch/mark-late.ts'
import { nextDue } from './queries/dispatch/next-due.ts'
import { reclaimRuns } from './queries/dispatch/reclaim-runs.ts'
import { requeueRun } from './queries/dispatch/requeue-run.ts'
import { requestTaskCancel } from './queries/dispatch/task-cancels.ts'
import { acquireSlots } from './queries/limits/acquire-slots.ts'
import { releaseSlots } from './queries/limits/release-slots.ts'
import { answerWait } from './queries/waits/answer-wait.ts'
import { getWait, listWaits } from './queries/waits/list-waits.ts'
import { settleWaits } from './queries/waits/settle-waits.ts'
import { timeOutWait } from './queries/waits/time-out-wait.ts'
import { expiredWorkers } from './queries/workers/expired-workers.ts'
import { heartbeat, unlistedMessage } from './queries/workers/heartbeat.ts'
import { registerWorker } from './queries/workers/register-worker.ts'
import { stopWorker } from './queries/workers/stop-worker.ts'

/** {@link DispatchStore} over either driver. */
export function dispatchMethods(driver: Driver): DispatchStore {
  return { ...queueMethods(driver), ...workerMethods(driver), ...limitMethods(driver), ...waitMethods(driver) }
}

type QueueMethods = Pick<
  DispatchStore,
  | 'createRuns'
  | 'nextDue'
  | 'reclaimRuns'
  | 'markLate'
  | 'requeueRun'
  | 'cancelQueued'
  | 'makeDue'
  | 'requestTaskCancel'
  | 'explainRun'
>

function queueMethods(driver: Driver): QueueMethods {
  return {
    createRuns: async (runs) => (runs.length === 0 ? [] : driver.transact(() => createRuns(runs))),
    nextDue: () => driver.run(nextDue),
    reclaimRuns: async (reclaim) => (isId(reclaim.workerId) ? driver.transact(() => reclaimRuns(reclaim)) : []),
    markLate: (query) => driver.transact(() => markLate(query)),
    requeueRun: async (requeue) => (isId(requeue.id) ? driver.transact(() => requeueRun(requeue)) : undefined),
    cancelQueued: async (id, state) => isId(id) && driver.transact(() => cancelQueued(id, state)),
    makeDue: async (id) => (isId(id) ? driver.run(() => makeDue(id)) : undefined),
    requestTaskCancel: async (rootId, taskRunId) => {
      if (isId(rootId) && isId(taskRunId)) await driver.run(() => requestTaskCancel(rootId, taskRunId))
    },
    explainRun: async (id) => (isId(id) ? driver.run(() => explainRun(id)) : undefined),
  }
}

type WorkerMethods = Pick<DispatchStore, 'claimRuns' | 'registerWorker' | 'heartbeat' | 'stopWorker' | 'expiredWorkers'>

function workerMethods(driver: Driver): WorkerMethods {
  return {
    claimRuns: (claim) => driver.transact(() => claimRuns(claim)),
    registerWorker: (worker, leaseMs) => driver.transact(() => registerWorker(worker, leaseMs)),
    heartbeat: async (beat): Promise<HeartbeatAnswer> => {
      const found = await driver.run(() => heartbeat(beat))
      const unlisted = found.unlisted.length === 0 ? [] : await reclaimUnlisted(driver, beat.workerId, found.unlisted)
      return { ...found, unlisted }
    },
    stopWorker: async (id, options) =>
      isId(id) ? driver.transact(() => stopWorker(id, options?.onlyExpired === true)) : [],
    expiredWorkers: (limit) => driver.run(() => expiredWorkers(limit)),
  }
}

async function reclaimUnlisted(
  driver: Driver,
  workerId: string,
  runs: readonly { readonly id: string; readonly epoch: number }[],
): Promise<readonly Reclaimed[]> {
  const rules = { onlyExpired: false, crashed: false, maxCrashes: 0, delayMs: 0, message: unlistedMessage }
  return driver.transact(() => reclaimRuns({ ...rules, runs, workerId }))
}

type LimitMethods = Pick<DispatchStore, 'acquireSlots' | 'releaseSlots'>

function limitMethods(driver: Driver): LimitMethods {
  return {
    acquireSlots: (request) => driver.transact(() => acquireSlots(request)),
    releaseSlots: async (holder) =>
      isId(holder.rootId) ? driver.transact(() => releaseSlots(holder)) : { granted: [] },
  }
}

type WaitMethods = Pick<DispatchStore, 'answerWait' | 'timeOutWait' | 'settleWaits' | 'getWait' | 'listWaits'>

function waitMethods(driver: Driver): WaitMethods {
  return {
    answerWait: async (answer) => (isId(answer.waitId) ? driver.transact(() => answerWait(answer)) : 'notFound'),
    timeOutWait: (wait) => driver.transact(() => timeOutWait(wait)),
    settleWaits: (limit) => driver.transact(() => settleWaits(limit)),
    getWait: async (id) => (isId(id) ? driver.run(() => getWait(id)) : undefined),
    listWaits: (query) => driver.run(() => listWaits(query)),
  }
}
