import type { Json } from '@sluice/core'
import { SluiceError } from '@sluice/core'
import { shortId } from '@sluice/engine/report'
import { withClient } from '../connect/with-client.ts'
import { exitCodes } from '../exit-code.ts'
import type { CliIo } from '../io.ts'
import { printJson } from '../output/print.ts'
import { findInputWait } from './find-wait.ts'
import { readParameters, type ParameterFlags } from './parameters.ts'
import { withRuns } from './with-runs.ts'

export interface AnswerFlags extends ParameterFlags {
  readonly json: boolean
  /** The whole answer as JSON, or as text where it is none. */
  readonly value?: string | undefined
}

/** `sluice runs answer <id> [key]`: gives a run the input that it waits for. */
export async function answerCommand(
  name: string,
  key: string | undefined,
  flags: AnswerFlags,
  io: CliIo,
): Promise<number> {
  const value = answerOf(flags, io)
  const run = await withRuns(io, (source) => source.find(name))
  return withClient(io, async (client) => {
    const wait = await findInputWait(client, run, key)
    const answered = await client.answerWait({ params: { wait: wait.id }, body: { value } })
    if (flags.json) printJson(io, answered)
    else io.stdout.write(`Run ${shortId(run.id)} (${run.flow}) got its answer for '${wait.name ?? ''}'.\n`)
    return exitCodes.ok
  })
}

function answerOf(flags: AnswerFlags, io: CliIo): Json {
  const given = readParameters(flags, io.cwd)
  if (flags.value !== undefined && given !== undefined)
    throw new SluiceError('OPTION_INVALID', { option: '--value', problem: 'give it or -p, not both' })
  if (flags.value === undefined && given === undefined)
    throw new SluiceError('OPTION_INVALID', {
      option: '--value',
      problem: 'there is no answer: write --value true, or -p approved=true for an object',
    })
  return (flags.value === undefined ? given : jsonOrText(flags.value)) as Json
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
