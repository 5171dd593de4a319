import { SluiceError } from '@sluice/core'
import { type AnyFlow, type Home, startRun } from '@sluice/engine'
import { finishRun, reporterFor } from './finish-run.ts'
import type { CliIo } from '../io.ts'
import { loadFlow } from '@sluice/engine/loading'
import { readParameters, type ParameterFlags } from './parameters.ts'
import { withHome } from '../connect/with-home.ts'

export interface RunFlags extends ParameterFlags {
  readonly json: boolean
  readonly tag: readonly string[]
}

/** `sluice run <file>[:export]`: starts a flow in this process and waits for its end. */
export async function runCommand(target: string, flags: RunFlags, io: CliIo): Promise<number> {
  const given = readParameters(flags, io.cwd)
  const flow = await loadFlow(target, io.cwd)
  requireParameters(flow, given, target)
  const reporter = reporterFor(io, flags.json)
  const start = async (home: Home): Promise<number> => {
    const tags = flags.tag.length === 0 ? {} : { tags: flags.tag }
    const future = startRun(flow, orEmpty(flow, given), { home, ...tags, ...reporter })
    return finishRun(future, home, io, flags.json)
  }
  return withHome(io, start, { create: true })
}

/**
 * A flow without a schema cannot say what it misses: it would run with undefined and fail somewhere inside. Throws
 * `PARAMETERS_INVALID` when its function takes a parameter (one without a default) and none was given.
 */
function requireParameters(flow: AnyFlow, given: unknown, target: string): void {
  if (given !== undefined || flow.parameters !== undefined || flow.fn.length === 0) return
  const message =
    `it takes parameters and none were given: write npx sluice run ${target} -p name=value, ` +
    `or --params '{…}', which may be empty`
  throw new SluiceError('PARAMETERS_INVALID', { flow: flow.name, issues: [{ message }] })
}

/** A schema of fields that all have defaults takes an empty object, not nothing. */
export function orEmpty(flow: AnyFlow, parameters: unknown): unknown {
  return parameters === undefined && flow.parameters !== undefined ? {} : parameters
}
