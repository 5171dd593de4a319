import { parseArgs } from 'node:util'

/** What `npm run bench -- …` takes. */
export interface Arguments {
  /** Print JSON in place of a table. */
  readonly json: boolean
  /** Only measurements whose name contains this. */
  readonly only: string
  /** Compare with other engines instead. */
  readonly peers: boolean
  /** End with 1 when a figure is over its budget. */
  readonly strict: boolean
}

/** Throws on unknown options. */
export function parseArguments(args: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      peers: { type: 'boolean', default: false },
      strict: { type: 'boolean', default: false },
    },
  })
  return values
}
