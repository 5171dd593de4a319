import type { CliIo } from '../io.ts'
import { showOne } from '../output/show-list.ts'
import { terminalOf } from '../output/terminal.ts'
import { rowLines } from './row-lines.ts'
import { withLakeOf } from './with-lake.ts'

interface Flags {
  readonly at: string | undefined
  readonly limit: number
  readonly columns: readonly string[] | undefined
  readonly json: boolean
}

/** `sluice lake preview <table>`: some of its rows. */
export async function previewRows(name: string, flags: Flags, io: CliIo): Promise<number> {
  const { at, limit, columns } = flags
  return withLakeOf(name, io, async (lake) => {
    const wanted = { ...(at !== undefined && { at }), ...(columns && { columns }) }
    const preview = await lake.previewTable(name, { limit, ...wanted })
    const { paint } = terminalOf(io)
    const lines = (): readonly string[] =>
      preview.rows.length === 0
        ? [paint('dim', 'There are no rows.')]
        : rowLines(theirsFirst(preview.columns.map((column) => column.name)), preview.rows, io)
    return showOne(preview, lines, flags.json, io)
  })
}

/** What Sluice says of every row comes last: there may be no room for all. */
function theirsFirst(columns: readonly string[]): readonly string[] {
  const ours = (name: string): boolean => name.startsWith('_')
  return [...columns.filter((name) => !ours(name)), ...columns.filter(ours)]
}
