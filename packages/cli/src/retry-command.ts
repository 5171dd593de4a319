import { isTerminal, SluiceError } from '@sluice/core'
import { continueRun, type ContinueOptions } from '@sluice/engine'
import type { RunRecord } from '@sluice/store'
import { findRootRun } from './find-run.ts'
import { finishRun, reporterFor } from './finish-run.ts'
import type { CliIo } from './io.ts'
import { loadRecordedFlow } from '@sluice/engine/loading'
import { withHome } from './with-home.ts'

export interface RetryFlags {
  readonly json: boolean
  readonly allFailed: boolean
  readonly force: boolean
  readonly from?: string | undefined
}

/** `sluice runs retry <id>`: continues a run from its checkpoints, in this process. */
export async function retryCommand(prefix: string, flags: RetryFlags, io: CliIo): Promise<number> {
  return withHome(io, async (home) => {
    const run = await findRootRun(home, prefix)
    const entrypoint = requireRetryable(run, flags)
    const flow = await loadRecordedFlow({ flow: run.flow, entrypoint }, home.project)
    const from = flags.from === undefined ? {} : { from: flags.from }
    const future = continueRun({
      home,
      run,
      flow,
      mode: modeOf(run, flags),
      force: flags.force,
      ...from,
      ...reporterFor(io, flags.json),
    })
    return finishRun(future, home, io, flags.json)
  })
}

/** The entrypoint of a run that can go on. Throws `RUN_STILL_OWNED` or `RUN_NOT_RETRYABLE` with the reason. */
export function requireRetryable(run: RunRecord, flags: RetryFlags): string {
  const { type, name } = run.state
  if (!isTerminal(type) && !flags.force)
    throw new SluiceError('RUN_STILL_OWNED', { run: run.id, owner: ownerText(run) })
  if (type === 'completed' && flags.from === undefined) {
    throw new SluiceError('RUN_NOT_RETRYABLE', {
      run: run.id,
      state: name,
      reason: 'it has done its work (with --from <task> a part of it runs again)',
    })
  }
  if (run.entrypoint === null) {
    throw new SluiceError('RUN_NOT_RETRYABLE', {
      run: run.id,
      reason: 'its flow is not defined at the top of a file, so it cannot be found again',
    })
  }
  return run.entrypoint
}

/** After a crash nothing has failed yet that a retry could drop: everything journaled is replayed. */
function modeOf(run: RunRecord, flags: RetryFlags): ContinueOptions['mode'] {
  if (flags.allFailed) return 'retry-all-failed'
  return run.state.type === 'crashed' ? 'resume' : 'retry'
}

function ownerText(run: RunRecord): string | undefined {
  return run.owner === null ? undefined : `process ${run.owner.pid} on ${run.owner.host}`
}
