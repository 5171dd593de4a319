import type { TableVersion } from '@sluice/lake/manage'
import type { CliIo } from '../io.ts'
import { microsOf } from '../output/micros.ts'
import { cell, showList } from '../output/show-list.ts'
import { localTime } from '../output/time-text.ts'
import { countText } from './quantity-text.ts'
import { withLakeOf } from './with-lake.ts'

/** `sluice lake versions <table>`: newest first. */
export async function listVersions(name: string, flags: { readonly json: boolean }, io: CliIo): Promise<number> {
  return withLakeOf(name, io, async (lake) => {
    return showList(await lake.tableVersions(name), view, flags.json, io)
  })
}

const right = { align: 'right' } as const

const view = {
  columns: [
    { title: 'VERSION' },
    { title: 'AT', drop: 1 },
    { title: 'HOW', drop: 2 },
    { title: '+ROWS', ...right },
    { title: '-ROWS', ...right },
    { title: 'ROWS', ...right },
    { title: 'SCHEMA', ...right, drop: 4 },
    { title: 'NAMES' },
    { title: 'RUN', drop: 3 },
  ],
  row: (version: TableVersion) => [
    cell(version.snapshot, version.current ? 'bold' : undefined),
    cell(localTime(microsOf(version.at))),
    cell(version.operation),
    cell(version.added === 0 ? '' : countText(version.added)),
    cell(version.deleted === 0 ? '' : countText(version.deleted)),
    cell(countText(version.rows)),
    cell(version.schema),
    cell([...(version.current ? ['current'] : []), ...version.refs].join(', ')),
    cell(version.run?.slice(0, 18)),
  ],
  empty: 'The table has no version yet.',
}
