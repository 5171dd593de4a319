import { SluiceError } from '@sluice/core'
import { exitCodes } from '../exit-code.ts'
import type { CliIo } from '../io.ts'
import { printJson } from '../output/print.ts'
import { terminalOf } from '../output/terminal.ts'
import { rowsText } from './quantity-text.ts'
import { rowLines } from './row-lines.ts'
import type { Row } from './source/lake-source.ts'
import { withLakeOf } from './with-lake.ts'

interface Flags {
  readonly limit: number
  readonly json: boolean
}

/** `sluice lake sql "select …"`; `-` reads it from standard input. */
export async function askLake(text: string, { limit, json }: Flags, io: CliIo): Promise<number> {
  const sql = text === '-' ? await io.readInput() : text
  if (sql.trim() === '') throw new SluiceError('SQL_INVALID', { problem: 'it is empty' })
  return withLakeOf(undefined, io, async (lake) => {
    const { rows, more } = await lake.query(sql, limit)
    if (json) printJson(io, { items: rows, more })
    else io.stdout.write(`${resultLines(rows, more, io).join('\n')}\n`)
    return exitCodes.ok
  })
}

function resultLines(rows: readonly Row[], more: boolean, io: CliIo): readonly string[] {
  const { paint } = terminalOf(io)
  const [first] = rows
  if (first === undefined) return [paint('dim', 'There are no rows.')]
  const note = more ? [paint('dim', `Only the first ${rowsText(rows.length)}. More: --limit`)] : []
  return [...rowLines(Object.keys(first), rows, io), ...note]
}
