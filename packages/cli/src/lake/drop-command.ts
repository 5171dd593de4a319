import { SluiceError } from '@sluice/core'
import type { DropOptions, DropResult } from '@sluice/lake/manage'
import type { CliIo } from '../io.ts'
import { showOne } from '../output/show-list.ts'
import { countOf } from './quantity-text.ts'
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
    const { dropFromLake, tableNotFound } = await import('@sluice/lake/manage')
    // Whoever misspells a name hears that first.
    if ((await lake.catalog.find(table)) === undefined) throw await tableNotFound(lake.catalog, table)
    if (yes !== true) throw unsaid(table)
    const dropped = await dropFromLake(lake, table, given as DropOptions)
    return showOne(dropped, () => lines(dropped, given.purge === true), flags.json, io)
  })
}

function unsaid(table: string): SluiceError {
  const problem = `it takes ${table} away with all its versions and its quarantine. To do so: npx sluice lake drop ${table} --yes`
  return new SluiceError('OPTION_INVALID', { option: '--yes', problem })
}

function lines({ table, directory, deleted, waiting }: DropResult, purge: boolean): readonly string[] {
  return [
    `✓ ${table} is dropped; its name is free again.`,
    ...(purge ? [] : [`  its files stay in ${directory}`]),
    ...(deleted === 0 ? [] : [`  ${countOf(deleted, 'file')} ${deleted === 1 ? 'is' : 'are'} deleted`]),
    ...(waiting === 0 ? [] : [`  ${countOf(waiting, 'file')} will be deleted, when nobody reads them any more`]),
  ]
}
