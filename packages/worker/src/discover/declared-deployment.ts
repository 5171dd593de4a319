import type { NewDeploymentInput, NewScheduleInput } from '@sluice/api'
import { parseSchedule } from '@sluice/core/schedule'
import type { DeclaredSchedule, DeploymentDeclaration } from '@sluice/engine'
import type { DiscoveredDeployment, JsonObject } from './discovered.ts'

/** A declaration as the API takes it, but for its code. */
export function declaredDeployment(
  declaration: DeploymentDeclaration,
  entrypoint: string,
  parameterSchema: JsonObject | null,
): Omit<DiscoveredDeployment, 'file'> {
  const { flow, name, pool, queue, priority, paused, description, jobVariables, blocks, tags } = declaration
  return {
    flow: flow.name,
    name,
    entrypoint,
    parameterSchema,
    parameters: plain(declaration.parameters),
    schedules: declaration.schedules.map(scheduleOf),
    tags: [...tags],
    ...(description !== undefined && { description }),
    ...(pool !== undefined && { pool }),
    ...(queue !== undefined && { queue }),
    ...(priority !== undefined && { priority }),
    ...(paused !== undefined && { paused }),
    ...(blocks.length > 0 && { blocks: [...blocks] }),
    ...(jobVariables !== undefined && { jobVariables: plain(jobVariables) }),
  }
}

function scheduleOf({
  slug,
  schedule,
  parameters,
  active,
  misfireGraceMs,
  catchUp,
}: DeclaredSchedule): NewScheduleInput {
  const parsed = parseSchedule(schedule)
  const when =
    parsed.kind === 'cron'
      ? { cron: parsed.cron }
      : { every: parsed.everyMs, anchor: new Date(parsed.anchor / 1000).toISOString() }
  return {
    slug,
    ...when,
    timezone: parsed.timezone,
    active,
    ...(parameters !== undefined && { parameters: plain(parameters) }),
    ...(misfireGraceMs !== undefined && { misfireGraceMs }),
    ...(catchUp !== undefined && { catchUp }),
  }
}

type Plain = NonNullable<NewDeploymentInput['parameters']>

/** As JSON has it: dates as text, what it has no word for left out. */
function plain(value: unknown): Plain {
  return JSON.parse(JSON.stringify(value)) as Plain
}
