import { fromStoredError, isTerminal } from '@sluice/core'
import { errorLines, shortId, stateGlyph, stateWord } from '@sluice/engine/report'
import { exitCodeOf } from '../exit-code.ts'
import type { CliIo } from '../io.ts'
import { printJson, resultText } from '../output/print.ts'
import { terminalOf } from '../output/terminal.ts'
import { tookText } from '../output/time-text.ts'
import { followLogs, writeText } from './logs-command.ts'
import type { RunSource, ShownRun } from './run-source.ts'

export interface WaitFlags {
  readonly json: boolean
  /** Print the log lines of the run meanwhile, on standard error. */
  readonly logs: boolean
}

const lookEveryMs = 250

/**
 * Waits for the end of a run that somebody else works on; prints its result (with `json` the run) on standard output, how it
 * ended on standard error. Answers the exit code of its state.
 */
export async function waitForRun(source: RunSource, id: string, flags: WaitFlags, io: CliIo): Promise<number> {
  const begun = await source.find(id)
  const ended = flags.logs
    ? await followLogs(source, begun, {}, writeText(source, { ...io, stdout: io.stderr }), io)
    : await untilEnded(source, begun, io)
  const detail = await source.detail(ended)
  if (flags.json) {
    printJson(io, { ...ended.entity, ...detail, parameters: detail.parameters ?? null, result: detail.result ?? null })
    return exitCodeOf(ended.state.type)
  }
  io.stderr.write(`${endText(ended, io)}\n`)
  if (ended.state.type === 'completed') {
    const text = resultText(detail.result ?? undefined)
    if (text !== undefined) io.stdout.write(`${text}\n`)
  }
  return exitCodeOf(ended.state.type)
}

async function untilEnded(source: RunSource, run: ShownRun, io: CliIo): Promise<ShownRun> {
  let last = run
  for (let looks = 1; !isTerminal(last.state.type); looks++) {
    await io.wait(lookEveryMs)
    if (looks % 10 === 0) await source.refresh()
    last = (await source.getRun(run.id)) ?? last
  }
  return last
}

function endText(run: ShownRun, io: CliIo): string {
  const { paint } = terminalOf(io)
  const { glyph, style } = stateGlyph(run.state)
  const took = tookText(run, io.now())
  const head = `${paint(style, glyph)} ${run.flow} ${stateWord(run.state)}${took === '' ? '' : ` in ${took}`}  ${shortId(run.id)}`
  const error = run.error === null || run.state.type === 'cancelled' ? [] : errorLines(fromStoredError(run.error))
  return [head, ...error.map((line) => `  ${line}`)].join('\n')
}
