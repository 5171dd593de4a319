import type { StartedRun } from '@sluice/api'
import { canonicalize, digest, isTerminal, SluiceError } from '@sluice/core'
import type { DeploymentRecord, RunRecord } from '@sluice/store'
import type { Context } from '../context.ts'
import type { RunMaker } from '../runs/create-runs.ts'
import { cancelRun } from '../runs/cancel-runs.ts'
import { getRun } from '../runs/get-run.ts'
import type { Planner } from '../runs/plan-request.ts'
import type { RunPlan } from '../runs/run-plan.ts'
import type { StartedOutcome } from '../services.ts'

export interface Starter {
  readonly rootId: string
  readonly epoch: number
}

/**
 * A run that another run starts. Its starter chose the id and journaled it before, so that asking again, in whatever epoch, finds the
 * same run. Only the present owner of the starter may. Throws `RUN_FENCED`, `DEPLOYMENT_NOT_FOUND`, `PARAMETERS_INVALID`.
 */
export async function startRun(
  planner: Planner,
  maker: RunMaker,
  starter: Starter,
  started: StartedRun,
): Promise<{ readonly id: string; readonly created: boolean }> {
  const { home } = planner.context
  const parent = await getRun(home.store, starter.rootId)
  if (parent.epoch !== starter.epoch || isTerminal(parent.state.type))
    throw new SluiceError('RUN_FENCED', { run: starter.rootId, epoch: parent.epoch })
  const plan = await planStarted(planner, parent, started)
  const [made] = await maker.makeMany([plan])
  if (!made) throw new SluiceError('RUN_NOT_FOUND', { run: started.id })
  return made
}

async function planStarted(planner: Planner, parent: RunRecord, started: StartedRun): Promise<RunPlan> {
  const { home } = planner.context
  const deployment = await deploymentOf(planner, started)
  if (deployment)
    planner.check({ ...deployment, schemaKey: deployment.versionId }, await home.values.decode(started.parameters), [
      'parameters',
    ])
  return {
    ...(deployment ? placeOf(deployment) : besideParent(parent, started)),
    id: started.id,
    flow: started.flow,
    scheduleId: null,
    interval: null,
    parameters: started.parameters,
    name: started.name ?? null,
    tags: [...new Set([...(deployment?.tags ?? []), ...started.tags])],
    priority: started.priority ?? deployment?.priority ?? parent.origin?.priority ?? 0,
    at: null,
    createdBy: parent.createdBy,
    startedBy: parent.id,
    rerunOf: null,
    idempotency: { key: `start:${parent.id}:${started.id}`, requestHash: digest(canonicalize(started)) },
  }
}

type Place = Pick<RunPlan, 'entrypoint' | 'deploymentId' | 'deploymentVersionId' | 'pool' | 'queue' | 'jobVariables'>

function placeOf({ id, versionId, entrypoint, pool, queue, jobVariables }: DeploymentRecord): Place {
  return { entrypoint, deploymentId: id, deploymentVersionId: versionId, pool, queue, jobVariables }
}

/** A flow without a deployment runs where its starter does, from the same code. */
function besideParent({ origin, entrypoint }: RunRecord, started: StartedRun): Place {
  const own = started.entrypoint ?? entrypoint
  if (own === null)
    throw new SluiceError('FLOW_NOT_FOUND', {
      flow: started.flow,
      problem: 'it has no deployment and is not defined at the top of a file, so no worker could load it',
    })
  return {
    entrypoint: own,
    deploymentId: null,
    deploymentVersionId: origin?.deploymentVersionId ?? null,
    pool: origin?.pool ?? 'default',
    queue: origin?.queue ?? 'default',
    jobVariables: origin?.jobVariables ?? null,
  }
}

/** The one that is named, in full or among those of the flow; else the only one of the flow. Undefined: it has none. */
async function deploymentOf(planner: Planner, started: StartedRun): Promise<DeploymentRecord | undefined> {
  const { deployment: name, flow } = started
  if (name !== undefined) return planner.deployments.findRecent(name.includes('/') ? name : `${flow}/${name}`)
  const { items } = await planner.context.home.store.listDeployments({ flow, limit: 2 })
  if (items.length < 2) return items[0]
  throw new SluiceError('OPTION_INVALID', {
    option: 'deployment',
    of: flow,
    problem: `the flow has several: name one, as ${items.map((item) => `'${item.name}'`).join(' or ')}`,
  })
}

/** How a run ended that `rootId` started; null while it has not. Throws `RUN_NOT_FOUND`. */
export async function startedOutcome(
  { home }: Context,
  rootId: string,
  startedId: string,
): Promise<StartedOutcome | null> {
  const { state, result, error } = await ownStarted(home.store, rootId, startedId)
  return isTerminal(state.type) ? { state, result, error } : null
}

/** Throws `RUN_NOT_FOUND` for a run that `rootId` did not start. */
export async function cancelStarted(
  context: Context,
  rootId: string,
  startedId: string,
  reason: string,
): Promise<void> {
  await ownStarted(context.home.store, rootId, startedId)
  await cancelRun(context, startedId, reason, `run ${rootId}`)
}

async function ownStarted(store: Context['home']['store'], rootId: string, startedId: string): Promise<RunRecord> {
  const run = await getRun(store, startedId)
  if (run.origin?.startedBy !== rootId) throw new SluiceError('RUN_NOT_FOUND', { run: startedId })
  return run
}
