import { type AnyFlow, type Home, startRun } from '@sluice/engine'
import { finishRun, reporterFor } from './finish-run.ts'
import type { CliIo } from './io.ts'
import { loadFlow } from './load-flow.ts'
import { readParameters, type ParameterFlags } from './parameters.ts'
import { withHome } from './with-home.ts'

export interface RunFlags extends ParameterFlags {
  readonly json: boolean
  readonly tag: readonly string[]
}

/** `sluice run <file>[:export]`: starts a flow in this process and waits for its end. */
export async function runCommand(target: string, flags: RunFlags, io: CliIo): Promise<number> {
  const given = readParameters(flags, io.cwd)
  const flow = await loadFlow(target, io.cwd)
  const start = async (home: Home): Promise<number> => {
    const tags = flags.tag.length === 0 ? {} : { tags: flags.tag }
    const future = startRun(flow, orEmpty(flow, given), { home, ...tags, ...reporterFor(io, flags.json) })
    return finishRun(future, home, io, flags.json)
  }
  return withHome(io, start, { create: true })
}

/** A schema of fields that all have defaults takes an empty object, not nothing. */
export function orEmpty(flow: AnyFlow, parameters: unknown): unknown {
  return parameters === undefined && flow.parameters !== undefined ? {} : parameters
}
