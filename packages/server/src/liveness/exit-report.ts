import type { ExitOutcome, ExitReport } from '@sluice/api'
import { SluiceError, toStoredError } from '@sluice/core'
import type { LogEntry } from '@sluice/store'
import type { Context } from '../context.ts'
import { reclaim, type ReclaimOrder } from './reclaim.ts'

const errorLevel = 50

const stories: Readonly<Record<ExitReport['reason'], string>> = {
  crashed: 'its process ended without a word',
  outOfMemory: 'its process ran out of memory',
  timedOut: 'it ran longer than its time limit',
  launchFailed: 'it could not be started',
  notHere: 'a worker could not start it',
  drained: 'its worker was stopped',
}

/**
 * What a worker says of a process that ended without having said it itself: the run goes back to its queue or ends, and the last lines
 * of the process are kept in its log. A drained run did not crash; one that exceeds its time limit does not get another try, and nor does
 * one that no worker could start, for its code is not there or cannot be imported.
 */
export async function reportExit(context: Context, workerId: string, report: ExitReport): Promise<ExitOutcome> {
  const { run: id, epoch, reason } = report
  const message = `${stories[reason]}${exitText(report)}${report.message && `: ${report.message}`}`
  const [taken] = await reclaim(context, {
    runs: [{ id, epoch }],
    workerId,
    onlyExpired: false,
    message,
    ...lossOf(report),
  })
  if (!taken) return { outcome: 'gone' }
  await keepLastLines(context, report)
  return { outcome: taken.outcome === 'requeued' ? 'requeued' : 'ended' }
}

function lossOf({ reason, run, message }: ExitReport): Pick<ReclaimOrder, 'crashed' | 'refused' | 'maxCrashes'> {
  if (reason === 'timedOut') return { crashed: true, maxCrashes: 1 }
  if (reason !== 'launchFailed' && reason !== 'notHere') return { crashed: reason !== 'drained' }
  // Its stack would be this server's, and says nothing of what went wrong at the worker.
  const { stack: _, ...refused } = toStoredError(new SluiceError('LAUNCH_FAILED', { run, problem: message }))
  return { crashed: false, refused, ...(reason === 'launchFailed' && { maxCrashes: 1 }) }
}

function exitText({ exitCode, signal }: ExitReport): string {
  if (signal !== undefined) return ` (signal ${signal})`
  return exitCode === undefined ? '' : ` (exit code ${exitCode})`
}

async function keepLastLines({ home, log }: Context, { run, lastLines }: ExitReport): Promise<void> {
  if (lastLines.length === 0) return
  const at = home.settings.platform.now()
  const entries = lastLines.map((message): LogEntry => {
    return { rootId: run, runId: run, taskRunId: null, at, level: errorLevel, message, fields: { from: 'process' } }
  })
  // The run has its way already: losing its last lines must not undo that.
  await home.store.appendLogs(entries).catch(() => log.warn('The last lines of a process were lost', { run }))
}
