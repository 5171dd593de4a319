import { parseArgs } from 'node:util'

/** What `npm run chaos -- …` takes. */
export interface Arguments {
  readonly seed: number
  /** How many seeds, one after the other, beginning with `seed`. */
  readonly seeds: number
  readonly minutes: number
  readonly runs: number
  readonly leaseMs: number
  readonly database: 'sqlite' | 'postgres'
  /** Keeps the directory with logs and ledger also when everything held. */
  readonly keep: boolean
}

export type Asked = { readonly options: Arguments } | { readonly text: string; readonly exitCode: 0 | 2 }

const help = `npm run chaos -- [options]

  --seed <n>         the story to play (default 1); the same seed is the same plan
  --seeds <n>        plays so many seeds, one after the other
  --minutes <m>      for how long things go wrong (default 3)
  --runs <n>         runs to be fed (default 2000)
  --lease <ms>       of workers (default 4000)
  --database <name>  postgres (default) or sqlite
  --keep             keeps logs and ledger also when everything held
  --help             shows this`

/** Reads the command line. Whatever is wrong with it is said in one line, with the options that there are. */
export function parseArguments(args: readonly string[]): Asked {
  try {
    const { help: asksHelp, keep, database, ...texts } = valuesOf(args)
    if (asksHelp) return { text: help, exitCode: 0 }
    if (database !== 'sqlite' && database !== 'postgres') throw new TypeError(`unknown database '${database}'`)
    const [seed, seeds, minutes, runs, leaseMs] = [texts.seed, texts.seeds, texts.minutes, texts.runs, texts.lease].map(
      positive,
    )
    return { options: { seed, seeds, minutes, runs, leaseMs, database, keep } as Arguments }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    return { text: `${error.message.split('. ')[0]}\n\n${help}`, exitCode: 2 }
  }
}

function positive(text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new TypeError(`'${text}' is no number above 0`)
  return value
}

function valuesOf(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string', default: '1' },
      seeds: { type: 'string', default: '1' },
      minutes: { type: 'string', default: '3' },
      runs: { type: 'string', default: '2000' },
      lease: { type: 'string', default: '4000' },
      database: { type: 'string', default: 'postgres' },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false, short: 'h' },
    },
  })
  return values
}
