import { nearest } from '@sluice/core'
import type { LakeView } from '@sluice/lake'
import type { TableSummary } from '@sluice/lake/manage'
import { exitCodes } from '../exit-code.ts'
import type { CliIo } from '../io.ts'
import { microsOf } from '../output/micros.ts'
import { printJson } from '../output/print.ts'
import { cell, showList } from '../output/show-list.ts'
import { agoText } from '../output/time-text.ts'
import { bytesText, countText } from './quantity-text.ts'
import { withAnyLake } from './with-lake.ts'

/** `sluice lake ls [beginning]` */
export async function listLakeTables(
  prefix: string | undefined,
  flags: { readonly json: boolean; readonly verbs: readonly string[] },
  io: CliIo,
): Promise<number> {
  return withAnyLake(io, async (lake) => {
    const tables = lake ? await lake.listTables(prefix === undefined ? {} : { prefix }) : []
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
          : `The lake has no table or view whose name begins with '${prefix}'.${meantVerb(prefix, flags.verbs)}`,
    }
    const views = lake ? await lake.views(prefix) : []
    if (views.length === 0) return showList(tables, view, flags.json, io)
    if (flags.json) {
      printJson(io, { items: tables, views, next: null })
      return exitCodes.ok
    }
    if (tables.length > 0) showList(tables, view, false, io)
    io.stdout.write(tables.length > 0 ? '\n' : '')
    return showList(views, viewList, false, io)
  })
}

/** A word behind `lake` that is no verb is the beginning of names. */
function meantVerb(prefix: string, verbs: readonly string[]): string {
  const near = nearest(prefix, verbs)
  return near === undefined ? '' : ` Did you mean: npx sluice lake ${near}?`
}

const viewList = {
  columns: [{ title: 'VIEW' }, { title: 'DESCRIPTION', give: 1 }, { title: 'QUERY', give: 2 }],
  row: ({ name, description, query }: LakeView) => [
    cell(name, 'bold'),
    cell(description),
    cell(withoutHead(query).replaceAll(/\s+/g, ' ').trim()),
  ],
  empty: '',
}

/** Without the comments that it begins with: in one line they would hide the query. */
const withoutHead = (query: string): string => query.replace(/^(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)+/, '')
