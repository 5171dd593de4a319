import type { TableSummary } from '@sluice/lake/manage'
import type { CliIo } from '../io.ts'
import { microsOf } from '../output/micros.ts'
import { cell, showList } from '../output/show-list.ts'
import { agoText } from '../output/time-text.ts'
import { bytesText, countText } from './quantity-text.ts'
import { withAnyLake } from './with-lake.ts'

/** `sluice lake ls [beginning]` */
export async function listLakeTables(
  prefix: string | undefined,
  flags: { readonly json: boolean },
  io: CliIo,
): Promise<number> {
  return withAnyLake(io, async (lake) => {
    const { listTables } = await import('@sluice/lake/manage')
    const tables = lake ? await listTables(lake, prefix === undefined ? {} : { prefix }) : []
    const view = {
      columns: [
        { title: 'TABLE' },
        { title: 'ROWS', align: 'right' as const },
        { title: 'SIZE', align: 'right' as const, drop: 2 },
        { title: 'COLUMNS', align: 'right' as const, drop: 3 },
        { title: 'VERSIONS', align: 'right' as const, drop: 1 },
        { title: 'CHANGED' },
        { title: 'OWNER', give: 1, drop: 4 },
      ],
      row: (table: TableSummary) => [
        cell(table.name, 'bold'),
        cell(countText(table.rows)),
        cell(table.bytes === undefined ? '' : bytesText(table.bytes)),
        cell(table.columns),
        cell(table.versions),
        cell(agoText(microsOf(table.updatedAt), io.now())),
        cell(table.owner),
      ],
      empty:
        prefix === undefined
          ? 'The lake has no tables. Make one: npx sluice lake ingest bronze.trips trips.csv'
          : `The lake has no table that begins with ${prefix}.`,
    }
    return showList(tables, view, flags.json, io)
  })
}
