import type { DeploymentJson, DeploymentVersionJson, ScheduleJson, SourceJson } from '@sluice/api'
import type { Schedule } from '@sluice/core/schedule'
import type { OpenHome } from '@sluice/engine'
import { type DeploymentRecord, type DeploymentVersionRecord, iso, type ScheduleRecord } from '@sluice/store'
import { readJobVariables } from '../../deployments/declared-blocks.ts'
import { columnJson, columnObject, storedObject } from './stored-json.ts'

type Values = Pick<OpenHome, 'values'>

export async function deploymentJson(home: Values, deployment: DeploymentRecord): Promise<DeploymentJson> {
  const { id, flow, name, description, tags, entrypoint, pool, queue, priority, paused, createdBy } = deployment
  const { versionId, versionNumber: number, contentHash } = deployment
  const { jobVariables, blocks } = readJobVariables(deployment.jobVariables)
  return {
    id,
    flow,
    name,
    fullName: `${flow}/${name}`,
    description,
    tags: [...tags],
    entrypoint,
    source: sourceJson(deployment.source),
    parameters: await storedObject(home, deployment.parameters),
    parameterSchema: columnObject(deployment.parameterSchema),
    pool,
    queue,
    priority,
    jobVariables,
    blocks: [...blocks],
    paused,
    version: { id: versionId, number, contentHash },
    schedules: await Promise.all(deployment.schedules.map((schedule) => scheduleJson(home, schedule))),
    createdBy,
    createdAt: iso(deployment.createdAt),
    updatedAt: iso(deployment.updatedAt),
  }
}

export function versionJson(version: DeploymentVersionRecord): DeploymentVersionJson {
  const { id, deploymentId, number, contentHash, entrypoint, source, parameterSchema, createdBy, createdAt } = version
  return {
    id,
    deploymentId,
    number,
    contentHash,
    entrypoint,
    source: sourceJson(source),
    parameterSchema: columnObject(parameterSchema),
    createdBy,
    createdAt: iso(createdAt),
  }
}

export async function scheduleJson(home: Values, record: ScheduleRecord): Promise<ScheduleJson> {
  const { describeSchedule } = await import('@sluice/core/schedule')
  const schedule = columnJson(record.spec) as unknown as Schedule
  const { id, slug, active, misfireGraceMs, catchUp } = record
  return {
    id,
    slug,
    ...timing(schedule),
    timezone: schedule.timezone,
    description: describeSchedule(schedule),
    parameters: await storedObject(home, record.parameters),
    active,
    misfireGraceMs,
    catchUp,
    nextAt: iso(record.nextAt),
    lastAt: iso(record.lastAt),
  }
}

function timing(schedule: Schedule): Pick<ScheduleJson, 'cron' | 'everyMs' | 'anchor'> {
  return schedule.kind === 'cron'
    ? { cron: schedule.cron, everyMs: null, anchor: null }
    : { cron: null, everyMs: schedule.everyMs, anchor: iso(schedule.anchor) }
}

function sourceJson(text: string): SourceJson {
  return columnJson(text) as unknown as SourceJson
}
