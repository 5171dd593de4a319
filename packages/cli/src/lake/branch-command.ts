import { SluiceError } from '@sluice/core'
import type { CliIo } from '../io.ts'
import { showOne } from '../output/show-list.ts'
import { withLakeOf } from './with-lake.ts'

interface Given {
  readonly at?: string
  readonly delete?: boolean
}

/** `sluice lake branch <table> <name>` */
export async function branch(
  table: string,
  name: string,
  given: Given,
  flags: { readonly json: boolean },
  io: CliIo,
): Promise<number> {
  if (given.delete === true && given.at !== undefined)
    throw new SluiceError('OPTION_INVALID', { option: '--at', problem: 'a branch that is deleted has no version' })
  return withLakeOf(table, io, async (lake) => {
    if (given.delete === true) {
      const gone = await lake.deleteBranch(table, name)
      return showOne(
        gone,
        () => [`✓ ${table} has no branch ${name} any more; it was at ${gone.snapshot}.`],
        flags.json,
        io,
      )
    }
    const made = await lake.branchTable(table, name, given.at)
    return showOne(made, () => [`✓ the branch ${name} of ${table} is at version ${made.snapshot}.`], flags.json, io)
  })
}
