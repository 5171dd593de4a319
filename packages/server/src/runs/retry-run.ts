import { isTerminal, SluiceError, stateOf } from '@sluice/core'
import { planRetry, retriedByHand } from '@sluice/engine'
import type { RunRecord } from '@sluice/store'
import type { Context } from '../context.ts'
import type { DeploymentLookup } from '../deployments/deployment-lookup.ts'
import { topics } from '../loops/wakeups.ts'
import type { RetryRequest } from '../services.ts'
import { getRun } from './get-run.ts'

/**
 * Puts a run that has ended back into its queue: what finished stays finished. It goes to the pool it ran in; what a script ran goes to
 * `default`. Throws `RUN_NOT_FOUND`, `RUN_NOT_RETRYABLE`, `RUN_STILL_OWNED`, `VERSION_NOT_FOUND`.
 */
export async function retryRun(
  context: Context,
  deployments: DeploymentLookup,
  id: string,
  request: RetryRequest,
): Promise<RunRecord> {
  const { home, wakeups } = context
  const run = await getRun(home.store, id)
  refuseUnlessRetryable(run, request)
  const mode = request.allFailed ? 'retry-all-failed' : run.state.type === 'crashed' ? 'resume' : 'retry'
  const from = request.from === undefined ? {} : { from: request.from }
  const drop = planRetry(await home.store.loadCheckpoints(id), run.unhandled, { mode, ...from })
  const pool = run.origin?.pool ?? 'default'
  const at = home.settings.platform.now()
  const waitingFor = { kind: 'worker', pool } as const
  const requeued = await home.store.requeueRun({
    id,
    expectedEpoch: run.epoch,
    state:
      mode === 'resume'
        ? stateOf('Resuming', at, { message: 'resumed by hand', waitingFor })
        : stateOf('Scheduled', at, { message: retriedByHand, waitingFor }),
    newAttempt: mode !== 'resume',
    drop,
    pool,
    queue: run.origin?.queue ?? 'default',
    dueInMs: 0,
    ...(await versionOf(context, deployments, run, request.version)),
  })
  if (!requeued) throw new SluiceError('RUN_STILL_OWNED', { run: id, owner: 'somebody who was faster' })
  wakeups.send(topics.pool(pool), topics.events, topics.run(id))
  return requeued
}

function refuseUnlessRetryable(run: RunRecord, { from }: RetryRequest): void {
  if (run.rootId !== run.id)
    throw new SluiceError('RUN_NOT_RETRYABLE', {
      run: run.id,
      problem: `it is a child run: retry its root ${run.rootId}`,
    })
  if (!isTerminal(run.state.type)) {
    const owner = run.owner === null ? undefined : `process ${run.owner.pid} on ${run.owner.host}`
    throw new SluiceError('RUN_STILL_OWNED', { run: run.id, owner })
  }
  if (run.state.type === 'completed' && from === undefined)
    throw new SluiceError('RUN_NOT_RETRYABLE', {
      run: run.id,
      state: run.state.name,
      reason: 'it has done its work; with `from` a part of it runs again',
    })
  if (run.entrypoint === null)
    throw new SluiceError('RUN_NOT_RETRYABLE', {
      run: run.id,
      reason: 'its flow is not defined at the top of a file, so it cannot be found again',
    })
}

async function versionOf(
  { home }: Context,
  deployments: DeploymentLookup,
  run: RunRecord,
  version: RetryRequest['version'] = 'pinned',
): Promise<{ readonly deploymentVersionId?: string }> {
  if (version === 'pinned') return {}
  const deploymentId = run.origin?.deploymentId
  if (deploymentId === null || deploymentId === undefined)
    throw new SluiceError('OPTION_INVALID', { option: 'version', problem: 'the run is of no deployment' })
  if (version === 'latest') return { deploymentVersionId: (await deployments.find(deploymentId)).versionId }
  // The list goes down from the newest: the one before `after` would be its own page.
  for (let after: string | undefined; ;) {
    const page = await home.store.listDeploymentVersions(deploymentId, {
      limit: 1_000,
      ...(after !== undefined && { after }),
    })
    const found = page.items.find(({ number }) => number === version)
    if (found) return { deploymentVersionId: found.id }
    if (page.next === null) throw new SluiceError('VERSION_NOT_FOUND', { version, deployment: deploymentId })
    after = page.next
  }
}
