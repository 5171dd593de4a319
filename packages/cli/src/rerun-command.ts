import { readValue, startRun } from '@sluice/engine'
import { SluiceError } from '@sluice/core'
import { findRootRun } from './find-run.ts'
import { finishRun, reporterFor } from './finish-run.ts'
import type { CliIo } from './io.ts'
import { loadRecordedFlow } from '@sluice/engine/loading'
import { readParameters, type ParameterFlags } from './parameters.ts'
import { withHome } from './with-home.ts'

export interface RerunFlags extends ParameterFlags {
  readonly json: boolean
}

/** `sluice runs rerun <id>`: a new run from scratch with the parameters of an old one, edited by `-p` and `--params`. */
export async function rerunCommand(prefix: string, flags: RerunFlags, io: CliIo): Promise<number> {
  return withHome(io, async (home) => {
    const run = await findRootRun(home, prefix)
    if (run.entrypoint === null) {
      throw new SluiceError('RUN_NOT_RETRYABLE', {
        run: run.id,
        reason: 'its flow is not defined at the top of a file, so it cannot be found again',
      })
    }
    const flow = await loadRecordedFlow({ flow: run.flow, entrypoint: run.entrypoint }, home.project)
    // A flow that was called without parameters is recorded with null; it is called without again.
    const parameters = readParameters(flags, io.cwd, (await readValue(home, run.parameters)) ?? undefined)
    const tags = run.tags.length === 0 ? {} : { tags: run.tags }
    const future = startRun(flow, parameters, { home, rerunOf: run.id, ...tags, ...reporterFor(io, flags.json) })
    return finishRun(future, home, io, flags.json)
  })
}
