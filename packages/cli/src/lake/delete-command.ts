import { SluiceError } from '@sluice/core'
import { exitCodes } from '../exit-code.ts'
import type { CliIo } from '../io.ts'
import { showOne } from '../output/show-list.ts'
import { rowsText } from './quantity-text.ts'
import { withLakeOf } from './with-lake.ts'

interface Flags {
  readonly where: readonly string[]
  readonly yes: boolean
  readonly json: boolean
}

/** `sluice lake delete <table> --where column=value…`: without `--yes` it only says how many rows it would take, and ends with 2. */
export async function deleteFrom(table: string, flags: Flags, io: CliIo): Promise<number> {
  const where = conditions(flags.where)
  return withLakeOf(table, io, async (lake) => {
    if (!flags.yes) {
      const matching = await lake.countRowsOf(table, where)
      const lines = [
        `${rowsText(matching)} of ${table} would be deleted. Nothing was.`,
        '  To delete them: the same with --yes',
      ]
      showOne({ table, matching, deleted: 0 }, () => lines, flags.json, io)
      return exitCodes.usage
    }
    const result = await lake.deleteFromTable(table, where)
    return showOne({ table, ...result }, () => deletedText(table, result), flags.json, io)
  })
}

function deletedText(
  table: string,
  { deleted, snapshot }: { readonly deleted: number; readonly snapshot: string | undefined },
): readonly string[] {
  if (snapshot === undefined) return [`✓ ${table}  has no such row; nothing was done`]
  return [
    `✓ ${table}  ${rowsText(deleted)} deleted, version ${snapshot}`,
    `  undo: npx sluice lake versions ${table}, then npx sluice lake rollback ${table} <version>`,
  ]
}

/** All must hold; a column that is named several times has one of its values. */
function conditions(texts: readonly string[]): Readonly<Record<string, readonly string[]>> {
  const where = new Map<string, string[]>()
  for (const text of texts) {
    const at = text.indexOf('=')
    if (at < 1)
      throw new SluiceError('OPTION_INVALID', {
        option: '--where',
        problem: `write column=value, not ${JSON.stringify(text)}`,
      })
    const column = text.slice(0, at)
    where.set(column, [...(where.get(column) ?? []), text.slice(at + 1)])
  }
  return Object.fromEntries(where)
}
