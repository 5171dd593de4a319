import type { Release } from '@sluice/lake/manage'
import type { CliIo } from '../io.ts'
import { cell, showList, showOne } from '../output/show-list.ts'
import { withAnyLake, withLakeOf } from './with-lake.ts'

interface Flags {
  readonly json: boolean
}

/** `sluice lake release <name> <tables…>` */
export async function release(
  name: string,
  tables: readonly string[],
  { move, json }: Flags & { readonly move: boolean },
  io: CliIo,
): Promise<number> {
  return withLakeOf(tables[0], io, async (lake) => {
    const made = await lake.releaseTables(name, tables.map(partOf), move)
    return showOne(made, () => [`✓ The release ${name} has:`, ...tableLines(made)], json, io)
  })
}

/** `namespace.table@version`. */
function partOf(text: string): { readonly name: string; readonly version?: string } {
  const at = text.indexOf('@')
  return at < 0 ? { name: text } : { name: text.slice(0, at), version: text.slice(at + 1) }
}

const tableLines = ({ tables }: Release): readonly string[] =>
  tables.map(({ table, snapshot }) => `  ${table} at version ${snapshot}`)

/** `sluice lake releases` */
export async function showReleases({ json }: Flags, io: CliIo): Promise<number> {
  return withAnyLake(io, async (lake) => {
    return showList(lake ? await lake.listReleases() : [], view, json, io)
  })
}

const view = {
  columns: [{ title: 'RELEASE' }, { title: 'TABLES', give: 1 }],
  row: ({ release: name, tables }: Release) => [cell(name, 'bold'), cell(tables.map(({ table }) => table).join(', '))],
  empty: 'There is no release. Make one: npx sluice lake release 2026-01 bronze.trips gold.revenue',
}

/** `sluice lake rollback --release <name>` */
export async function rollbackTo(name: string, { json }: Flags, io: CliIo): Promise<number> {
  return withLakeOf(undefined, io, async (lake) => {
    const back = await lake.rollbackRelease(name)
    return showOne(
      back,
      () => [`✓ These tables are what they were in the release ${name}:`, ...tableLines(back)],
      json,
      io,
    )
  })
}
