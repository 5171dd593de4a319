import { type Json, SluiceError } from '@sluice/core'

// What a deployment's runs may open is kept with their job variables: so every run has what was declared when it was made.

const key = 'sluice.blocks'

type JobVariables = Readonly<Record<string, Json>>

/** The column of job variables. Throws `OPTION_INVALID` for a variable that would pass for declared blocks. */
export function jobVariablesColumn(
  jobVariables: JobVariables | undefined,
  blocks: readonly string[] = [],
): string | null {
  if (jobVariables !== undefined && Object.hasOwn(jobVariables, key))
    throw new SluiceError('OPTION_INVALID', { option: key, of: 'jobVariables', problem: 'name blocks in `blocks`' })
  if (blocks.length === 0) return jobVariables === undefined ? null : JSON.stringify(jobVariables)
  return JSON.stringify({ ...jobVariables, [key]: [...new Set(blocks)] })
}

/** What the column holds, apart. */
export function readJobVariables(column: string | null | undefined): {
  readonly jobVariables: Record<string, Json>
  readonly blocks: readonly string[]
} {
  if (column === null || column === undefined) return { jobVariables: {}, blocks: [] }
  const { [key]: blocks = [], ...jobVariables } = JSON.parse(column) as Record<string, Json>
  return { jobVariables, blocks: blocks as readonly string[] }
}
