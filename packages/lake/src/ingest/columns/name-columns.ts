import { SluiceError } from '@sluice/core'
import { columnName, ownColumns } from './column-name.ts'

/**
 * Names of a source's columns in the table, in the source's order. Throws `LOAD_COLUMN_INVALID` when two would be the same, or
 * one is a name of ours: what it means is for the author to say, by `rename`.
 */
export function nameColumns(
  sources: readonly string[],
  rename: Readonly<Record<string, string>>,
  file: string,
): readonly string[] {
  const taken = new Map<string, string>()
  return sources.map((source, i) => {
    const plain = columnName(source, i + 1)
    const wanted = own(rename, source) ?? own(rename, plain)
    if (wanted !== undefined && columnName(wanted, i + 1) !== wanted && !ownColumns.includes(wanted))
      throw invalid(file, source, `'${wanted}' is no name of a column: write ${columnName(wanted, i + 1)}`)
    const name = wanted ?? plain
    if (ownColumns.includes(name))
      throw invalid(file, source, `the name '${name}' is kept for what Sluice says of every row`)
    const other = taken.get(name)
    if (other !== undefined) throw invalid(file, source, `it and '${other}' would both be '${name}'`)
    taken.set(name, source)
    return name
  })
}

function own(rename: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(rename, name) ? rename[name] : undefined
}

function invalid(source: string, column: string, problem: string): SluiceError {
  return new SluiceError('LOAD_COLUMN_INVALID', { source, column, problem })
}
