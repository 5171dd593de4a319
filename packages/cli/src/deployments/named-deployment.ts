import type { Json } from '@sluice/core'
import { type Duration, parseDuration, SluiceError } from '@sluice/core'
import { parseTarget } from '@sluice/engine/loading'
import { discover, type Discovered, type DiscoveredDeployment, type DiscoveredFlow } from '@sluice/worker'
import { statSync } from 'node:fs'
import path from 'node:path'
import type { CliIo } from '../io.ts'
import { readParameters, type ParameterFlags } from '../runs/parameters.ts'

export interface DeployFlags extends ParameterFlags {
  readonly json: boolean
  readonly name?: string | undefined
  readonly cron: readonly string[]
  readonly every: readonly string[]
  readonly timezone?: string | undefined
  readonly pool?: string | undefined
  readonly queue?: string | undefined
  readonly priority?: number | undefined
  readonly description?: string | undefined
  readonly tag: readonly string[]
  readonly block: readonly string[]
  readonly paused: boolean
  readonly catchUp?: 'none' | 'latest' | 'all' | undefined
  readonly misfireGrace?: string | undefined
}

/**
 * The deployment that a command line describes, of a flow that a process of its own has found. Throws `FILE_NOT_FOUND`,
 * `IMPORT_FAILED`, `FLOW_NOT_FOUND`, `FLOW_AMBIGUOUS`, and what parameters and durations throw.
 */
export async function namedDeployment(
  target: string,
  flags: DeployFlags,
  project: string,
  io: CliIo,
): Promise<DiscoveredDeployment> {
  const { file, name } = parseTarget(target)
  const absolute = path.resolve(io.cwd, file)
  if (statSync(absolute, { throwIfNoEntry: false })?.isFile() !== true)
    throw new SluiceError('FILE_NOT_FOUND', { file })
  const relative = path.relative(project, absolute).split(path.sep).join('/')
  if (relative.startsWith('../'))
    throw new SluiceError('OPTION_INVALID', { option: 'file', problem: `'${file}' is outside the project ${project}` })
  const parameters = readParameters(flags, io.cwd)
  const flow = chosenFlow(await discover({ project, files: [relative] }), relative, file, name)
  return {
    file: relative,
    flow: flow.name,
    name: flags.name ?? 'default',
    entrypoint: flow.entrypoint,
    parameterSchema: flow.parameterSchema as DiscoveredDeployment['parameterSchema'] & {},
    parameters: (parameters ?? {}) as Record<string, Json>,
    schedules: schedulesOf(flags),
    tags: [...new Set([...flow.tags, ...flags.tag])],
    ...(flags.block.length === 0 ? {} : { blocks: [...flags.block] }),
    ...(flags.pool === undefined ? {} : { pool: flags.pool }),
    ...(flags.queue === undefined ? {} : { queue: flags.queue }),
    ...(flags.priority === undefined ? {} : { priority: flags.priority }),
    ...(flags.paused ? { paused: true } : {}),
    ...descriptionOf(flags.description ?? flow.description),
  }
}

function chosenFlow(found: Discovered, relative: string, file: string, name: string | undefined): DiscoveredFlow {
  const problem = found.problems.find((each) => each.file === relative)
  if (problem !== undefined) {
    const at = problem.line === null ? '' : ` (at ${file}:${problem.line})`
    throw new SluiceError('IMPORT_FAILED', { file, problem: `${problem.message}${at}` })
  }
  const flows = found.flows.filter((flow) => flow.file === relative)
  const meant = name === undefined ? flows : flows.filter((flow) => flow.exportName === name)
  const named = meant.length > 0 ? meant : flows.filter((flow) => flow.name === name)
  const [flow, ...others] = named
  const known = flows.map((each) => each.exportName ?? each.name)
  if (flow === undefined) throw new SluiceError('FLOW_NOT_FOUND', { file, flow: name, known })
  if (others.length > 0) throw new SluiceError('FLOW_AMBIGUOUS', { file, flows: known })
  return flow
}

type Schedules = NonNullable<DiscoveredDeployment['schedules']>

function schedulesOf(flags: DeployFlags): Schedules {
  const times = [...flags.cron.map((cron) => ({ cron })), ...flags.every.map((every) => ({ every }))]
  if (times.length === 0 && flags.timezone !== undefined)
    throw new SluiceError('OPTION_INVALID', {
      option: '--timezone',
      problem: 'there is no --cron or --every it is for',
    })
  const rules = {
    ...(flags.timezone === undefined ? {} : { timezone: flags.timezone }),
    ...(flags.catchUp === undefined ? {} : { catchUp: flags.catchUp }),
    ...(flags.misfireGrace === undefined ? {} : { misfireGraceMs: parseDuration(flags.misfireGrace as Duration) }),
  }
  return times.map((time, i) => Object.assign(time, rules, { slug: i === 0 ? 'default' : `schedule-${i + 1}` }))
}

function descriptionOf(description: string | null): { readonly description?: string } {
  return description === null ? {} : { description }
}
