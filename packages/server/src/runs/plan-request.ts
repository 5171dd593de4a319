import type { NewRunInput } from '@sluice/api'
import { canonicalize, digest, type Micros, SluiceError } from '@sluice/core'
import type { DeploymentRecord } from '@sluice/store'
import type { Context } from '../context.ts'
import type { DeploymentLookup } from '../deployments/deployment-lookup.ts'
import { mergeParameters, storedText } from './merge-parameters.ts'
import type { ParameterCheck } from './parameter-check.ts'
import type { RunPlan } from './run-plan.ts'

/** What makes plans of requests. */
export interface Planner {
  readonly context: Context
  readonly deployments: DeploymentLookup
  readonly check: ParameterCheck
}

/** Where a request stands among others, for its issues. */
export type RequestPath = readonly PropertyKey[]

/**
 * Decides everything about a requested run. Throws `DEPLOYMENT_NOT_FOUND`, `PARAMETERS_INVALID`, `OPTION_INVALID`; pool and queue are
 * checked where it is inserted.
 */
export async function planRequest(
  planner: Planner,
  request: NewRunInput,
  by: string,
  at: RequestPath = [],
): Promise<RunPlan> {
  const { home } = planner.context
  const { deployment: named } = request
  const deployment = named === undefined ? undefined : await planner.deployments.findRecent(named)
  const code = deployment ? codeOf(deployment, request) : looseCode(request)
  const stored = deployment ? [storedText(deployment.parameters)] : []
  const parameters = await mergeParameters(home, stored, request.parameters)
  if (deployment) planner.check({ ...deployment, schemaKey: deployment.versionId }, parameters, [...at, 'parameters'])
  return {
    ...code,
    id: home.settings.platform.newId(),
    scheduleId: null,
    interval: null,
    parameters: await home.values.encode(parameters, `the parameters of ${code.flow}`),
    name: request.name ?? null,
    tags: [...new Set([...(deployment?.tags ?? []), ...(request.tags ?? [])])],
    pool: request.pool ?? deployment?.pool ?? 'default',
    queue: queueOf(request, deployment),
    priority: request.priority ?? deployment?.priority ?? 0,
    jobVariables: deployment?.jobVariables ?? null,
    at: request.at === undefined ? null : microsOf(request.at),
    createdBy: by,
    startedBy: null,
    rerunOf: null,
    ...idempotencyOf(request),
  }
}

type Code = Pick<RunPlan, 'flow' | 'entrypoint' | 'deploymentId' | 'deploymentVersionId'>

function codeOf(deployment: DeploymentRecord, request: NewRunInput): Code {
  for (const option of ['flow', 'entrypoint'] as const) {
    if (request[option] !== undefined)
      throw new SluiceError('OPTION_INVALID', {
        option,
        problem: 'a deployment says that already; give one of the two',
      })
  }
  const { id, versionId, flow, entrypoint } = deployment
  return { flow, entrypoint, deploymentId: id, deploymentVersionId: versionId }
}

function looseCode({ entrypoint, flow }: NewRunInput): Code {
  if (entrypoint === undefined)
    throw new SluiceError('OPTION_INVALID', { option: 'deployment', problem: 'give a deployment, or an entrypoint' })
  checkEntrypoint(entrypoint)
  const name = flow ?? entrypoint.slice(entrypoint.lastIndexOf(':') + 1)
  return { flow: name, entrypoint, deploymentId: null, deploymentVersionId: null }
}

/** `file.ts:export` below the source's root: nothing that leads out of it. */
export function checkEntrypoint(entrypoint: string): void {
  const colon = entrypoint.lastIndexOf(':')
  const file = entrypoint.slice(0, Math.max(colon, 0))
  const leadsOut = file.startsWith('/') || /^[A-Za-z]:/.test(file) || file.split(/[\\/]/).includes('..')
  if (file === '' || colon === entrypoint.length - 1 || leadsOut || file.includes('\\'))
    throw new SluiceError('OPTION_INVALID', {
      option: 'entrypoint',
      problem: 'it must be file.ts:export, with the file relative to the source',
    })
}

/** The deployment's queue belongs to its pool: in another pool the run goes to that one's default. */
function queueOf(request: NewRunInput, deployment: DeploymentRecord | undefined): string {
  if (request.queue !== undefined) return request.queue
  const elsewhere = request.pool !== undefined && request.pool !== deployment?.pool
  return elsewhere ? 'default' : (deployment?.queue ?? 'default')
}

/** An ISO 8601 time that the contract has checked. */
export function microsOf(time: string): Micros {
  return Date.parse(time) * 1_000
}

function idempotencyOf({ idempotencyKey, ...request }: NewRunInput): Pick<RunPlan, 'idempotency'> {
  if (idempotencyKey === undefined) return {}
  return { idempotency: { key: `api:${idempotencyKey}`, requestHash: digest(canonicalize(request)) } }
}
