import type { WhyJson } from '@sluice/api'
import { stateOf } from '@sluice/core'
import { shortId, stateGlyph, stateWord, type Paint } from '@sluice/engine/report'
import { findServer } from '../connect/places.ts'
import { withClient } from '../connect/with-client.ts'
import { exitCodes } from '../exit-code.ts'
import type { CliIo } from '../io.ts'
import { printJson } from '../output/print.ts'
import { terminalOf } from '../output/terminal.ts'
import type { ShownRun } from './run-source.ts'
import { withoutServer } from './without-server.ts'
import { withRuns } from './with-runs.ts'

/** `sluice runs why <id>`: why a run is not running, and what to do about it. */
export async function whyCommand(name: string, flags: { readonly json: boolean }, io: CliIo): Promise<number> {
  const run = await withRuns(io, (source) => source.find(name))
  const served = (await findServer(io)) !== undefined
  return withClient(io, async (client) => {
    const found = await client.whyRun({ params: { run: run.rootId } })
    const why = served ? found : withoutServer(found)
    if (flags.json) printJson(io, why)
    else io.stdout.write(whyText(run, why, terminalOf(io).paint))
    return exitCodes.ok
  })
}

function whyText(run: ShownRun, { state: answered, answers }: WhyJson, paint: Paint): string {
  // Of one reading with its reasons: the run may have gone on since it was looked up.
  const state = run.id === run.rootId ? stateOf(answered.name, run.state.at) : run.state
  const { glyph, style } = stateGlyph(state)
  const head = `${paint(style, `${glyph} ${stateWord(state)}`)}  ${paint('bold', run.flow)} ${paint('dim', shortId(run.id))}\n`
  const reasons = answers.map(
    ({ message, next }) => `  ${message}\n${next === '' ? '' : `    ${paint('dim', '→')} ${next}\n`}`,
  )
  return head + (reasons.length === 0 ? '  It runs: there is nothing in its way.\n' : reasons.join(''))
}
