import type { NewDeploymentInput } from '@sluice/api'
import { SluiceError } from '@sluice/core'
import { defaultWorkspace, type PutDeployment, type ScheduleSpec } from '@sluice/store'
import type { Context } from '../context.ts'
import { topics } from '../loops/wakeups.ts'
import { mergeParameters, storedText } from '../runs/merge-parameters.ts'
import { checkEntrypoint } from '../runs/plan-request.ts'
import type { ParameterCheck } from '../runs/parameter-check.ts'
import type { DeploymentServices } from '../services.ts'
import { jobVariablesColumn } from './declared-blocks.ts'
import type { DeploymentLookup } from './deployment-lookup.ts'
import { inlineText } from './inline-text.ts'
import { nextOf, refuseTwins, scheduleSpec } from './schedule-spec.ts'

/** Declaring deployments, and switching them and their schedules on and off. */
export function createDeploymentServices(
  context: Context,
  deployments: DeploymentLookup,
  check: ParameterCheck,
): DeploymentServices {
  const { home, wakeups } = context
  const now = (): number => home.settings.platform.now()
  const changed = (): void => {
    deployments.forget()
    wakeups.send(topics.schedules)
  }
  return {
    find: (idOrName) => deployments.find(idOrName),
    async put(declared, by) {
      const put = await asPut(context, declared, by)
      await checkScheduled(context, put, check)
      const answer = await home.store.putDeployment(put)
      changed()
      return answer
    },
    async remove(idOrName) {
      const { id } = await deployments.find(idOrName)
      await home.store.deleteDeployment(id)
      changed()
    },
    async setPaused(idOrName, paused) {
      const { id, schedules } = await deployments.find(idOrName)
      const nextAt = Object.fromEntries(schedules.map((schedule) => [schedule.slug, nextOf(schedule, now())]))
      const deployment = await home.store.setDeploymentPaused(id, paused, nextAt)
      if (!deployment) throw new SluiceError('DEPLOYMENT_NOT_FOUND', { deployment: idOrName })
      changed()
      return deployment
    },
    async setSchedule(idOrName, slug, active) {
      const { schedules } = await deployments.find(idOrName)
      const schedule = schedules.find((one) => one.slug === slug)
      const set = schedule && (await home.store.setScheduleActive(schedule.id, active, nextOf(schedule, now())))
      if (!set) throw new SluiceError('SCHEDULE_NOT_FOUND', { schedule: slug, known: schedules.map((one) => one.slug) })
      changed()
      return set
    },
  }
}

async function asPut(context: Context, declared: NewDeploymentInput, by: string): Promise<PutDeployment> {
  const { home } = context
  checkEntrypoint(declared.entrypoint)
  const now = home.settings.platform.now()
  const schedules = await specsOf(context, declared, now)
  const { parameters, parameterSchema = null, jobVariables, blocks } = declared
  return {
    workspace: defaultWorkspace,
    flow: declared.flow,
    name: declared.name,
    description: declared.description ?? null,
    tags: [...new Set(declared.tags ?? [])],
    entrypoint: declared.entrypoint,
    source: JSON.stringify(declared.source),
    contentHash: declared.contentHash,
    parameters:
      parameters === undefined ? null : await inlineText(home, parameters, `parameters of '${declared.name}'`),
    parameterSchema: parameterSchema === null ? null : JSON.stringify(parameterSchema),
    pool: declared.pool ?? 'default',
    queue: declared.queue ?? 'default',
    priority: declared.priority ?? 0,
    jobVariables: jobVariablesColumn(jobVariables, blocks),
    createdBy: by,
    schedules,
    ...(declared.paused !== undefined && { paused: declared.paused }),
  }
}

async function specsOf({ home }: Context, declared: NewDeploymentInput, now: number): Promise<readonly ScheduleSpec[]> {
  const specs = await Promise.all((declared.schedules ?? []).map((schedule) => scheduleSpec(home, schedule, now)))
  refuseTwins(specs)
  return specs
}

/** A schedule whose runs could only fail is refused where it is declared, not every morning at five. */
async function checkScheduled({ home }: Context, put: PutDeployment, check: ParameterCheck): Promise<void> {
  for (const [index, schedule] of (put.schedules ?? []).entries()) {
    const stored = [storedText(put.parameters), storedText(schedule.parameters)]
    const subject = { flow: put.flow, parameterSchema: put.parameterSchema, schemaKey: put.parameterSchema ?? '' }
    check(subject, await mergeParameters(home, stored, undefined), ['schedules', index, 'parameters'])
  }
}
