import { parseArgs } from 'node:util'

/** What `npm run bench -- …` takes. */
export interface Arguments {
  /** Print JSON in place of a table. */
  readonly json: boolean
  /** Only measurements whose name contains this. */
  readonly only: string
  /** Compare with other engines instead. */
  readonly peers: boolean
  /** Those that take minutes, too. */
  readonly long: boolean
  /** How many runs the lists are measured on; names that measurement. */
  readonly rows: string | undefined
  /** End with 1 when a figure is over its budget. */
  readonly strict: boolean
}

/** What the bench is asked to do, or what it says instead and ends with: 0 for help, 2 for a wrong command. */
export type Asked = { readonly options: Arguments } | { readonly text: string; readonly exitCode: 0 | 2 }

const help = `npm run bench -- [options]

  --only <text>  only measurements whose name contains this
  --long         those that take minutes, too: schedules, lists of runs
  --rows <n>     lists of n runs (10000000 takes about ten minutes to fill)
  --peers        compares with other engines instead
  --json         prints JSON in place of a table
  --strict       ends with 1 when a figure is over its budget
  --help         shows this`

/** Reads the command line. Whatever is wrong with it is said in one line, with the options that there are. */
export function parseArguments(args: readonly string[]): Asked {
  try {
    const { help: asksHelp, ...options } = valuesOf(args)
    return asksHelp ? { text: help, exitCode: 0 } : { options }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    // Its second sentence is about positional arguments, which there are none of.
    const [problem] = error.message.split('. ')
    return { text: `${problem}\n\n${help}`, exitCode: 2 }
  }
}

function valuesOf(args: readonly string[]): Arguments & { readonly help: boolean } {
  const {
    values: { rows, ...values },
  } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      long: { type: 'boolean', default: false },
      rows: { type: 'string' },
      peers: { type: 'boolean', default: false },
      strict: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false, short: 'h' },
    },
  })
  return { ...values, rows }
}
