import type { DeploymentJson, NewScheduleInput, ScheduleJson } from '@sluice/api'
import type { DiscoveredDeployment, DiscoveredFlow } from '../discover/discovered.ts'

/** What a deployment is, said again: only its code, and what the code says of its parameters, may have changed. */
export function sameWithNewCode(deployment: DeploymentJson, flow: DiscoveredFlow): DiscoveredDeployment {
  const { name, entrypoint, description, tags, parameters, pool, queue, priority, jobVariables, blocks } = deployment
  return {
    file: flow.file,
    flow: deployment.flow,
    name,
    entrypoint,
    ...(description !== null && { description }),
    tags,
    parameters,
    parameterSchema: flow.parameterSchema,
    pool,
    queue,
    priority,
    jobVariables,
    blocks,
    paused: deployment.paused,
    schedules: deployment.schedules.map(sameSchedule),
  }
}

function sameSchedule(schedule: ScheduleJson): NewScheduleInput {
  const { slug, cron, everyMs, anchor, timezone, parameters, active, misfireGraceMs, catchUp } = schedule
  return {
    slug,
    ...(cron !== null && { cron }),
    ...(everyMs !== null && { every: everyMs }),
    ...(anchor !== null && { anchor }),
    timezone,
    parameters,
    active,
    misfireGraceMs,
    catchUp,
  }
}
