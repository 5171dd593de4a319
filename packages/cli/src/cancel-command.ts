import { isTerminal, stateOf, SluiceError } from '@sluice/core'
import { markDeadRuns, type Home } from '@sluice/engine'
import { shortId, stateWord } from '@sluice/engine/report'
import type { RunRecord } from '@sluice/store'
import { exitCodes } from './exit-code.ts'
import { findRootRun } from './find-run.ts'
import type { CliIo } from './io.ts'
import { printJson } from './print.ts'
import { runJson } from './run-json.ts'
import { withHome } from './with-home.ts'

export interface CancelFlags {
  readonly json: boolean
  readonly wait: boolean
}

const waitMs = 10_000
const lookEveryMs = 100

/**
 * `sluice runs cancel <id>`: asks the run's process to stop and waits for it. A run whose process is dead ends Cancelled at
 * once. Exit code 0 when the run is (or, with `--no-wait`, will be) cancelled or had ended before, 1 when it still runs.
 */
export async function cancelCommand(prefix: string, flags: CancelFlags, io: CliIo): Promise<number> {
  const cancel = async (home: Home): Promise<number> => {
    const run = await findRootRun(home, prefix)
    const wasOver = isTerminal(run.state.type)
    const asked = wasOver ? run : await requestCancel(home, run, io)
    const last = flags.wait ? await untilEnded(home, asked, io) : asked
    if (flags.json) printJson(io, runJson(last))
    else io.stdout.write(`${outcomeText(last, wasOver, flags.wait)}\n`)
    return isTerminal(last.state.type) || !flags.wait ? exitCodes.ok : exitCodes.failed
  }
  // Dead runs are not marked first: this one would end Crashed, not Cancelled.
  return withHome(io, cancel, { mark: false })
}

async function requestCancel(home: Home, run: RunRecord, io: CliIo): Promise<RunRecord> {
  const state = stateOf('Cancelling', io.now(), { message: 'cancelled with sluice runs cancel' })
  await home.store.requestCancel(run.id, state)
  await markDeadRuns(home)
  return reload(home, run)
}

async function untilEnded(home: Home, run: RunRecord, io: CliIo): Promise<RunRecord> {
  let last = run
  for (let waited = 0; waited < waitMs && !isTerminal(last.state.type); waited += lookEveryMs) {
    await io.wait(lookEveryMs)
    // Its process may die of the cancellation, or of something else meanwhile.
    if (waited % 1000 === 0) await markDeadRuns(home)
    last = await reload(home, last)
  }
  return last
}

async function reload(home: Home, run: RunRecord): Promise<RunRecord> {
  const found = await home.store.getRun(run.id)
  if (found === undefined) throw new SluiceError('RUN_NOT_FOUND', { run: run.id })
  return found
}

function outcomeText(run: RunRecord, wasOver: boolean, waited: boolean): string {
  const name = `Run ${shortId(run.id)} (${run.flow})`
  if (wasOver) return `${name} had already ended: ${stateWord(run.state)}.`
  if (isTerminal(run.state.type)) return `${name} ended: ${stateWord(run.state)}.`
  const who = run.owner === null ? 'its process' : `process ${run.owner.pid} on ${run.owner.host}`
  return waited
    ? `${name} was asked to stop, and ${who} has not stopped within ${waitMs / 1000} s. It is told again on every step it takes.`
    : `${name} was asked to stop.`
}
