import { isTerminal, SluiceError } from '@sluice/core'
import { logLines, paintLine, type Paint } from '@sluice/engine/report'
import { logLineEntity, type LogRecord } from '@sluice/store'
import { exitCodes } from '../exit-code.ts'
import type { CliIo } from '../io.ts'
import { printJson } from '../output/print.ts'
import { terminalOf } from '../output/terminal.ts'
import { localTime } from '../output/time-text.ts'
import { callPaths, type RowWait } from './call-paths.ts'
import type { RunSource, ShownRun } from './run-source.ts'
import { withRuns } from './with-runs.ts'

export interface LogsFlags {
  readonly json: boolean
  readonly level?: string | undefined
  readonly limit?: number | undefined
  readonly after?: string | undefined
  /** Goes on until the run ends. */
  readonly follow: boolean
}

const levels: Readonly<Record<string, number>> = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60 }
const lookEveryMs = 300
const looksAfterEnd = 2
/** With what a journal and a server add to the second. */
const rowWithinMicros = 2_500_000

/** `sluice runs logs <id>`: what a run wrote, in order; of a root run also what its child runs wrote. */
export async function logsCommand(prefix: string, flags: LogsFlags, io: CliIo): Promise<number> {
  const minLevel = flags.level === undefined ? undefined : levelOf(flags.level)
  return withRuns(io, async (source) => {
    const run = await source.find(prefix)
    if (flags.json && !flags.follow) {
      const { limit = 1000, after } = flags
      const page = await source.logs(run, { minLevel, limit, after })
      printJson(io, { items: page.items.map(logLineEntity), next: page.next })
      return exitCodes.ok
    }
    const write = flags.json ? writeJsonLine(io) : writeText(source, io)
    const { limit: most = Infinity, after } = flags
    await (flags.follow
      ? followLogs(source, run, { minLevel, after }, write, io)
      : printLogs(source, run, { minLevel, after, most }, write))
    return exitCodes.ok
  })
}

/** Prints what a run logs until it has ended, and all of it is printed. */
export async function followLogs(
  source: RunSource,
  run: ShownRun,
  from: { readonly minLevel?: number | undefined; readonly after?: string | undefined },
  write: (log: LogRecord) => Promise<void>,
  io: CliIo,
): Promise<ShownRun> {
  let { after } = from
  let last = run
  let ended = 0
  for (let looks = 1; ; looks++) {
    last = (await source.getRun(run.id)) ?? last
    after = await printLogs(source, run, { minLevel: from.minLevel, after, most: Infinity }, write)
    // The process of a run writes its last lines a moment after its end.
    if (isTerminal(last.state.type) && ++ended > looksAfterEnd) return last
    await io.wait(lookEveryMs)
    if (looks % 10 === 0) await source.refresh()
  }
}

/** Prints what is there; answers the position of the last line. */
async function printLogs(
  source: RunSource,
  run: ShownRun,
  from: { readonly minLevel: number | undefined; readonly after: string | undefined; readonly most: number },
  write: (log: LogRecord) => Promise<void>,
): Promise<string | undefined> {
  let { after } = from
  for (let left = from.most; left > 0;) {
    const page = await source.logs(run, { minLevel: from.minLevel, limit: Math.min(left, 1000), after })
    for (const log of page.items) await write(log)
    after = page.items.at(-1)?.position ?? after
    left -= page.items.length
    if (page.next === null) break
  }
  return after
}

/** Log lines for people, each with what wrote it. */
export function writeText(source: RunSource, io: CliIo): (log: LogRecord) => Promise<void> {
  const { paint } = terminalOf(io)
  const pathOf = callPaths(source, rowWait(io))
  return async (log) => void io.stdout.write(logText(log, await pathOf(log), paint))
}

/** A task's row is written when it ends, or when it has lasted a second: what it logs before that is older than its name. */
function rowWait(io: CliIo): RowWait {
  return async ({ at = 0 }) => {
    if (io.now() - at > rowWithinMicros) return false
    await io.wait(lookEveryMs)
    return true
  }
}

/** One JSON object per line: a list that has no end yet. */
function writeJsonLine(io: CliIo): (log: LogRecord) => Promise<void> {
  return (log) => Promise.resolve(void io.stdout.write(`${JSON.stringify(logLineEntity(log))}\n`))
}

function logText(log: LogRecord, source: string, paint: Paint): string {
  const { at, level, message, fields, rootId, runId, taskRunId } = log
  const lines = logLines({ kind: 'log', at, level, message, fields, rootId, runId, taskRunId, source }, source)
  return lines.map((line) => `${paint('dim', localTime(at))} ${paintLine(line, paint)}\n`).join('')
}

function levelOf(text: string): number {
  const level = levels[text.toLowerCase()]
  if (level !== undefined) return level
  throw new SluiceError('OPTION_INVALID', {
    option: '--level',
    problem: `'${text}' is not one of ${Object.keys(levels).join(', ')}`,
  })
}
