import { CommanderError } from 'commander'
import { exitCodeOfError, exitCodes } from './exit-code.ts'
import type { CliIo } from './io.ts'
import { processIo } from './platform.ts'
import { printError } from './output/print.ts'
import { addCompletion } from './program/completion.ts'
import { createProgram } from './program/program.ts'

/**
 * Runs one command and tells the code to exit with (see {@link exitCodes}); it never exits the process itself.
 *
 * @param argv What follows `sluice` on the command line.
 */
export async function main(argv: readonly string[], io: CliIo = processIo()): Promise<number> {
  const json = argv.includes('--json')
  let code: number = exitCodes.ok
  try {
    const program = createProgram(io, (result) => (code = result), json)
    await addCompletion(program, argv)
    // A bare `sluice` is a question, not a mistake.
    await program.parseAsync(argv.length === 0 ? ['--help'] : [...argv], { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return usageEnd(error, io, json)
    printError(io, error, json)
    return exitCodeOfError(error)
  }
}

function usageEnd(error: CommanderError, io: CliIo, json: boolean): number {
  if (error.exitCode === 0) return exitCodes.ok
  if (json)
    printError(io, Object.assign(new Error(error.message), { code: 'USAGE', details: { problem: error.code } }), true)
  return exitCodes.usage
}
