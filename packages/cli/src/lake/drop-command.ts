import type { DropOptions, DropResult, TableDetails } from '@sluice/lake/manage'
import { exitCodes } from '../exit-code.ts'
import type { CliIo } from '../io.ts'
import { showOne } from '../output/show-list.ts'
import { countOf, rowsText } from './quantity-text.ts'
import { withLakeOf } from './with-lake.ts'

interface Given {
  readonly yes?: boolean
  readonly purge?: boolean
  readonly grace?: string
}

/** `sluice lake drop <table> --yes` */
export async function drop(
  table: string,
  { yes, ...given }: Given,
  flags: { readonly json: boolean },
  io: CliIo,
): Promise<number> {
  return withLakeOf(table, io, async (lake) => {
    // Whoever misspells a name hears that first.
    if (!(await lake.has(table))) throw await lake.notFound(table)
    if (yes !== true) return wouldDrop(await lake.describeTable(table), flags, io)
    const dropped = await lake.dropFromLake(table, given as DropOptions)
    return showOne(dropped, () => lines(dropped, given.purge === true), flags.json, io)
  })
}

/** What would go, and how. */
function wouldDrop({ name, rows, versions }: TableDetails, flags: { readonly json: boolean }, io: CliIo): number {
  const what = `${name}, ${rowsText(rows)}, ${countOf(versions, 'version')} and its quarantine`
  const said = [`${what} would be dropped. Nothing was.`, `  To drop it: npx sluice lake drop ${name} --yes`]
  showOne({ table: name, rows, versions, dropped: false }, () => said, flags.json, io)
  return exitCodes.usage
}

function lines({ table, directory, deleted, waiting }: DropResult, purge: boolean): readonly string[] {
  return [
    `✓ ${table} is dropped; its name is free again.`,
    ...(purge ? [] : [`  its files stay in ${directory}`]),
    ...(deleted === 0 ? [] : [`  ${countOf(deleted, 'file')} ${deleted === 1 ? 'is' : 'are'} deleted`]),
    ...(waiting === 0 ? [] : [`  ${countOf(waiting, 'file')} will be deleted, when nobody reads them any more`]),
  ]
}
