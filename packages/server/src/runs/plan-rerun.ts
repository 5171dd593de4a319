import type { NewRunInput } from '@sluice/api'
import { canonicalize, digest, isSluiceError, SluiceError } from '@sluice/core'
import type { DeploymentRecord, RunRecord } from '@sluice/store'
import { getRun } from './get-run.ts'
import { mergeParameters } from './merge-parameters.ts'
import type { Planner } from './plan-request.ts'
import type { RunPlan } from './run-plan.ts'

/** What may be changed in a repetition. */
export type RerunRequest = Pick<NewRunInput, 'parameters' | 'idempotencyKey'>

/**
 * A new run from scratch: the parameters of the old one, those given over them by name, on the code of its deployment as it is now.
 * Throws `RUN_NOT_FOUND`, `RUN_NOT_RETRYABLE` (no code to be found), `PARAMETERS_INVALID`.
 */
export async function planRerun(planner: Planner, id: string, request: RerunRequest, by: string): Promise<RunPlan> {
  const { home } = planner.context
  const run = await getRun(home.store, id)
  const deployment = await deploymentOf(planner, run)
  const entrypoint = deployment?.entrypoint ?? run.entrypoint
  if (entrypoint === null)
    throw new SluiceError('RUN_NOT_RETRYABLE', {
      run: id,
      reason: 'its flow is not defined at the top of a file, so it cannot be found again',
    })
  const parameters = await mergeParameters(home, [run.parameters], request.parameters)
  if (deployment) planner.check({ ...deployment, schemaKey: deployment.versionId }, parameters, ['parameters'])
  const { origin } = run
  return {
    id: home.settings.platform.newId(),
    flow: run.flow,
    entrypoint,
    deploymentId: deployment?.id ?? null,
    deploymentVersionId: deployment?.versionId ?? origin?.deploymentVersionId ?? null,
    scheduleId: null,
    interval: origin?.interval ?? null,
    parameters: await home.values.encode(parameters, `the parameters of ${run.flow}`),
    name: run.name,
    tags: run.tags,
    pool: origin?.pool ?? deployment?.pool ?? 'default',
    queue: origin?.queue ?? deployment?.queue ?? 'default',
    priority: origin?.priority ?? 0,
    jobVariables: deployment?.jobVariables ?? origin?.jobVariables ?? null,
    at: null,
    createdBy: by,
    startedBy: null,
    rerunOf: run.id,
    ...idempotencyOf(run, request),
  }
}

/** One that is gone is not missed: the run repeats with the code it had. */
async function deploymentOf(planner: Planner, { origin }: RunRecord): Promise<DeploymentRecord | undefined> {
  const id = origin?.deploymentId
  if (id === null || id === undefined) return undefined
  return planner.deployments.findRecent(id).catch((error: unknown) => {
    if (isSluiceError(error, 'DEPLOYMENT_NOT_FOUND')) return undefined
    throw error
  })
}

function idempotencyOf(run: RunRecord, { idempotencyKey, ...request }: RerunRequest): Pick<RunPlan, 'idempotency'> {
  if (idempotencyKey === undefined) return {}
  const requestHash = digest(canonicalize({ rerun: run.id, ...request }))
  return { idempotency: { key: `api:${idempotencyKey}`, requestHash } }
}
