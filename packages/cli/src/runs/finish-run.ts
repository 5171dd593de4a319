import { isSluiceError } from '@sluice/core'
import { readValue, type Home, type Reporter, type TaskFuture } from '@sluice/engine'
import { modeFrom } from '@sluice/engine/report'
import { exitCodeOf, exitCodeOfError } from '../exit-code.ts'
import type { CliIo } from '../io.ts'
import { printError, printJson, resultText } from '../output/print.ts'
import { runEntity } from '@sluice/store'

const silent: Reporter = { event: () => undefined }

/**
 * How a run that this command starts reports: the live view, lines or what `SLUICE_LOG` says, on standard error. With
 * `--json` nobody watches, so nothing unless `SLUICE_LOG` asks for it. Throws `OPTION_INVALID` for an unknown `SLUICE_LOG`.
 */
export function reporterFor(io: CliIo, json: boolean): { readonly reporter?: Reporter } {
  // Refuses a mode that there is not before anything runs.
  modeFrom(io.env, io.stderr)
  return json && io.env['SLUICE_LOG'] === undefined ? { reporter: silent } : {}
}

/** Waits for the run, prints its result (or with `json` the run itself) on standard output, and tells the exit code. */
export async function finishRun(future: TaskFuture<unknown>, home: Home, io: CliIo, json: boolean): Promise<number> {
  const outcome = await future.settled()
  if (outcome.status === 'rejected' && wasNotTakenUp(outcome.reason)) throw outcome.reason
  const record = await home.store.getRun(future.id)
  if (record === undefined) {
    // Nothing was recorded: the parameters were refused, or the store was not there.
    const error: unknown = outcome.status === 'rejected' ? outcome.reason : new Error('The run left no record.')
    printError(io, error, json)
    return exitCodeOfError(error)
  }
  // This process had to let go of the run: the record cannot tell why.
  const told = record.error !== null || (record.state.type === 'cancelled' && !json)
  if (outcome.status === 'rejected' && !told) printError(io, outcome.reason, json)
  if (json) {
    printJson(io, {
      ...runEntity(record),
      parameters: (await readValue(home, record.parameters)) ?? null,
      result: (await readValue(home, record.result)) ?? null,
      counts: await home.store.countTaskRuns(record.rootId),
    })
  } else if (outcome.status === 'fulfilled') {
    const text = resultText(outcome.value)
    if (text !== undefined) io.stdout.write(`${text}\n`)
  } else if (io.env['SLUICE_LOG'] === 'silent' && record.error !== null) {
    printError(io, outcome.reason, false)
  }
  return exitCodeOf(record.state.type)
}

/** The record would tell of the run as somebody else left it. */
function wasNotTakenUp(error: unknown): boolean {
  return isSluiceError(error, 'RUN_STILL_OWNED') || isSluiceError(error, 'RUN_NOT_RETRYABLE')
}
