import type { RunJson } from '@sluice/api'
import { shortId } from '@sluice/engine/report'
import { exitCodes } from '../exit-code.ts'
import type { CliIo } from '../io.ts'
import { microsOf } from '../output/micros.ts'
import { printJson } from '../output/print.ts'
import { localTime } from '../output/time-text.ts'
import { waitForRun } from './wait-for-run.ts'
import { withRuns } from './with-runs.ts'

export interface QueuedFlags {
  readonly json: boolean
  /** Wait for the end of the run. */
  readonly wait: boolean
  /** Print its log lines meanwhile. */
  readonly logs: boolean
}

/** Tells of a run that a worker will take up, or waits for its end. */
export async function sayQueued(run: RunJson, flags: QueuedFlags, io: CliIo): Promise<number> {
  if (flags.wait || flags.logs) {
    if (!flags.json) io.stderr.write(queuedText(run, io))
    return withRuns(io, (source) => waitForRun(source, run.id, flags, io))
  }
  if (flags.json) printJson(io, run)
  else io.stdout.write(queuedText(run, io))
  return exitCodes.ok
}

function queuedText(run: RunJson, io: CliIo): string {
  const id = shortId(run.id)
  const due = run.dueAt === null ? 0 : microsOf(run.dueAt)
  const when = due > io.now() + 1_000_000 ? `is due at ${localTime(due)}` : 'is due now'
  const where = run.pool === null ? '' : ` in pool ${run.pool}`
  const name = run.name === null || run.name === run.flow ? run.flow : `${run.flow} “${run.name}”`
  return `Run ${id} (${name}) ${when}${where}.\n  npx sluice runs logs -f ${id}\n  npx sluice runs why ${id}\n`
}
