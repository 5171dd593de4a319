import type { ColumnFacts } from '@sluice/lake/manage'
import type { CliIo } from '../io.ts'
import { cell } from '../output/show-list.ts'
import { tableLines } from '../output/table.ts'
import { pageOf } from '../output/terminal.ts'

/** The columns of a table, one per line. Types are whole: a struct's end is what nobody can guess. */
export function columnLines(columns: readonly ColumnFacts[], io: CliIo): readonly string[] {
  return tableLines(
    [{ title: 'COLUMN' }, { title: 'TYPE' }, { title: '' }, { title: 'DESCRIPTION', give: 1 }],
    columns.map(({ name, type, required, description }) => [
      cell(name),
      cell(type),
      cell(required ? 'required' : '', 'dim'),
      cell(description),
    ]),
    pageOf(io),
  )
}
