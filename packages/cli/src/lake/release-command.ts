import type { Release } from '@sluice/lake/manage'
import type { CliIo } from '../io.ts'
import { cell, showList, showOne } from '../output/show-list.ts'
import { versionOf } from './version-of.ts'
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
    const { releaseTables } = await import('@sluice/lake/manage')
    const made = await releaseTables({ lake, release: name, tables: tables.map(partOf), move, context: undefined })
    return showOne(made, () => [`✓ The release ${name} has:`, ...tableLines(made)], json, io)
  })
}

/** `namespace.table@version`. */
function partOf(text: string): { readonly name: string; readonly version?: ReturnType<typeof versionOf> } {
  const at = text.indexOf('@')
  return at < 0 ? { name: text } : { name: text.slice(0, at), version: versionOf(text.slice(at + 1)) }
}

const tableLines = ({ tables }: Release): readonly string[] =>
  tables.map(({ table, snapshot }) => `  ${table} at version ${snapshot}`)

/** `sluice lake releases` */
export async function showReleases({ json }: Flags, io: CliIo): Promise<number> {
  return withAnyLake(io, async (lake) => {
    const { listReleases } = await import('@sluice/lake/manage')
    return showList(lake ? await listReleases(lake) : [], view, json, io)
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
    const { rollbackRelease } = await import('@sluice/lake/manage')
    const back = await rollbackRelease(lake, name, undefined)
    return showOne(
      back,
      () => [`✓ These tables are what they were in the release ${name}:`, ...tableLines(back)],
      json,
      io,
    )
  })
}
