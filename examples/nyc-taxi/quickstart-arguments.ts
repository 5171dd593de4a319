import path from 'node:path'
import { parseArgs } from 'node:util'

export interface QuickstartOptions {
  readonly source: string
  /** Of a generated month. */
  readonly rows: number
  readonly database?: string | undefined
  readonly directory: string
  readonly flaky: boolean
}

/** What the quickstart is asked to do, or what it says instead and ends with: 0 for help, 2 for a wrong command. */
export type QuickstartAsked =
  | { readonly options: QuickstartOptions }
  | { readonly text: string; readonly exitCode: 0 | 2 }

const help = `npm run quickstart:run -- [options]

  --source     auto (default: the public files, or generated trips where they cannot be reached), generated,
               a directory, or a URL with {color} {year} {month} in it
  --rows       rows of a generated month (default 100000)
  --database   postgres://… loads the revenue into that PostgreSQL too; so does the variable DATABASE_URL
  --directory  where files go (default examples/nyc-taxi/data)
  --steady     leaves out the simulated failure
  --help       shows this`

/** Reads the command line. Whatever is wrong with it is said in one line, with the options that there are. */
export function quickstartArguments(args: readonly string[]): QuickstartAsked {
  try {
    const values = valuesOf(args)
    if (values.help) return { text: help, exitCode: 0 }
    if (!/^[1-9]\d*$/.test(values.rows)) throw new TypeError(`--rows takes a whole number from 1, not '${values.rows}'`)
    const { source, database, directory, steady } = values
    const rows = Number(values.rows)
    return { options: { source, rows, database, directory: path.resolve(directory), flaky: !steady } }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    // Its second sentence is about positional arguments, which there are none of.
    const [problem] = error.message.split('. ')
    return { text: `${problem}\n\n${help}`, exitCode: 2 }
  }
}

function valuesOf(args: readonly string[]): {
  readonly source: string
  readonly rows: string
  readonly database?: string | undefined
  readonly directory: string
  readonly steady: boolean
  readonly help: boolean
} {
  const { values } = parseArgs({
    args: [...args],
    options: {
      source: { type: 'string', default: 'auto' },
      rows: { type: 'string', default: '100000' },
      database: { type: 'string' },
      directory: { type: 'string', default: path.join(import.meta.dirname, 'data') },
      steady: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false, short: 'h' },
    },
  })
  return values
}
