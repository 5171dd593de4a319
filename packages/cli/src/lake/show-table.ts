import type { TableDetails } from '@sluice/lake/manage'
import path from 'node:path'
import type { CliIo } from '../io.ts'
import { microsOf } from '../output/micros.ts'
import { cell, factLines, showOne } from '../output/show-list.ts'
import { tableLines } from '../output/table.ts'
import { pageOf, terminalOf } from '../output/terminal.ts'
import { agoText } from '../output/time-text.ts'
import { columnLines } from './column-lines.ts'
import { joinText } from './joins-command.ts'
import { bytesText, countText, rowsText } from './quantity-text.ts'
import { showView } from './view-command.ts'
import { withLakeOf } from './with-lake.ts'

/** `sluice lake show <table>` */
export async function showTable(name: string, flags: { readonly json: boolean }, io: CliIo): Promise<number> {
  return withLakeOf(name, io, async (lake) => {
    const view = (await lake.has(name)) ? undefined : await lake.view(name)
    if (view) return showView(lake, view, flags, io)
    const table = await lake.describeTable(name)
    return showOne(table, () => tableText(table, io), flags.json, io)
  })
}

function tableText(table: TableDetails, io: CliIo): readonly string[] {
  const { paint } = terminalOf(io)
  const size = table.bytes === undefined ? '' : `, ${bytesText(table.bytes)}`
  const facts = factLines(
    [
      ['holds', `${rowsText(table.rows)} in ${countText(table.files)} file${table.files === 1 ? '' : 's'}${size}`],
      ['description', table.description],
      ['owner', table.owner],
      ['key', table.key.join(', ')],
      ['partitions', table.partitionBy.join(', ')],
      ['tags', table.tags.join(', ')],
      ['joins', table.joins.map(joinText).join(', ')],
      ['version', table.snapshot],
      ['versions', `${table.versions}, the last ${agoText(microsOf(table.updatedAt), io.now())}`],
      [
        'names',
        table.refs
          .filter(({ name }) => name !== 'main')
          .map(({ name }) => name)
          .join(', '),
      ],
      ['quarantine', table.quarantine],
      ['metadata', table.metadataLocation],
    ],
    io,
  )
  return [paint('bold', table.name), ...facts, '', ...columnLines(table.schema, io), ...loadLines(table, io)]
}

function loadLines({ loads }: TableDetails, io: CliIo): readonly string[] {
  if (loads.length === 0) return []
  const lines = tableLines(
    [
      { title: 'LOADED' },
      { title: 'HOW' },
      { title: 'ROWS', align: 'right' },
      { title: 'REJECTED', align: 'right' },
      { title: 'SOURCE', give: 1 },
    ],
    loads.map(({ at, operation, counts, source }) => [
      cell(at === undefined ? '' : agoText(microsOf(at), io.now())),
      cell(operation),
      cell(countText(counts.loaded)),
      cell(counts.quarantined === 0 ? '' : countText(counts.quarantined)),
      cell(source?.replaceAll(`${io.cwd}${path.sep}`, '')),
    ]),
    pageOf(io),
  )
  return ['', ...lines]
}
