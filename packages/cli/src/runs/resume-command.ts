import { shortId, stateWord } from '@sluice/engine/report'
import { withClient } from '../connect/with-client.ts'
import { exitCodes } from '../exit-code.ts'
import type { CliIo } from '../io.ts'
import { printJson } from '../output/print.ts'
import { shownRun } from './server-runs.ts'
import { withRuns } from './with-runs.ts'

/** `sluice runs resume <id>`: a paused, suspended or scheduled run is due now. */
export async function resumeCommand(name: string, flags: { readonly json: boolean }, io: CliIo): Promise<number> {
  const run = await withRuns(io, (source) => source.find(name))
  return withClient(io, async (client) => {
    const resumed = await client.resumeRun({ params: { run: run.rootId } })
    if (flags.json) printJson(io, resumed)
    else
      io.stdout.write(
        `Run ${shortId(resumed.id)} (${resumed.flow}) is due now: ${stateWord(shownRun(resumed).state)}.\n`,
      )
    return exitCodes.ok
  })
}
