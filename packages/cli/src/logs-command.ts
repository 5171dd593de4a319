import { SluiceError } from '@sluice/core'
import { logLines, paintLine, type Paint } from '@sluice/engine/report'
import type { LogRecord } from '@sluice/store'
import { callPaths } from './call-paths.ts'
import { exitCodes } from './exit-code.ts'
import { findRun } from './find-run.ts'
import type { CliIo } from './io.ts'
import { printJson } from './print.ts'
import { iso } from './run-json.ts'
import { terminalOf } from './terminal.ts'
import { localTime } from './time-text.ts'
import { withHome } from './with-home.ts'

export interface LogsFlags {
  readonly json: boolean
  readonly level?: string | undefined
  readonly limit?: number | undefined
  readonly after?: string | undefined
}

const levels: Readonly<Record<string, number>> = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60 }

/** `sluice runs logs <id>`: what a run wrote, in order; of a root run also what its child runs wrote. */
export async function logsCommand(prefix: string, flags: LogsFlags, io: CliIo): Promise<number> {
  const minLevel = flags.level === undefined ? undefined : levelOf(flags.level)
  return withHome(io, async (home) => {
    const run = await findRun(home, prefix)
    const query = {
      rootId: run.rootId,
      ...(run.parentId === null ? {} : { runId: run.id }),
      ...(minLevel === undefined ? {} : { minLevel }),
    }
    const { paint } = terminalOf(io)
    const pathOf = callPaths(home)
    let after = flags.after
    for (let left = flags.limit ?? (flags.json ? 1000 : Infinity); left > 0;) {
      const page = await home.store.listLogs({
        ...query,
        limit: Math.min(left, 1000),
        ...(after === undefined ? {} : { after }),
      })
      if (flags.json) {
        printJson(io, { items: page.items.map(logJson), next: page.next })
        return exitCodes.ok
      }
      for (const log of page.items) io.stdout.write(logText(log, await pathOf(log), paint))
      left -= page.items.length
      if (page.next === null) break
      after = page.next
    }
    return exitCodes.ok
  })
}

function logText(log: LogRecord, source: string, paint: Paint): string {
  const { at, level, message, fields, rootId, runId, taskRunId } = log
  const lines = logLines({ kind: 'log', at, level, message, fields, rootId, runId, taskRunId, source }, source)
  return lines.map((line) => `${paint('dim', localTime(at))} ${paintLine(line, paint)}\n`).join('')
}

function logJson(log: LogRecord): Readonly<Record<string, unknown>> {
  const { rootId, runId, taskRunId, at, level, message, fields } = log
  return { rootId, runId, taskRunId, at: iso(at), level, message, fields }
}

function levelOf(text: string): number {
  const level = levels[text.toLowerCase()]
  if (level !== undefined) return level
  throw new SluiceError('OPTION_INVALID', {
    option: '--level',
    problem: `'${text}' is not one of ${Object.keys(levels).join(', ')}`,
  })
}
