import type { DiscoveryProblem } from '@sluice/worker'
import type { CliIo } from '../io.ts'
import { terminalOf } from '../output/terminal.ts'

/** Files that could not be used, and why: `✗ flows/etl.ts:12  …`. */
export function problemLines(problems: readonly DiscoveryProblem[], io: CliIo): string[] {
  const { paint } = terminalOf(io)
  return problems.flatMap(({ file, line, message }) => {
    const [first = '', ...rest] = message.split('\n')
    return [
      `${paint('red', '✗')} ${paint('bold', line === null ? file : `${file}:${line}`)}  ${first}`,
      ...rest.map((each) => `    ${each}`),
    ]
  })
}
