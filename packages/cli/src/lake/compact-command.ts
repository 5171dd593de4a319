import type { CompactOptions, CompactResult } from '@sluice/lake/manage'
import type { CliIo } from '../io.ts'
import { showOne } from '../output/show-list.ts'
import { bytesText, countOf } from './quantity-text.ts'
import { withLakeOf } from './with-lake.ts'

/** `sluice lake compact <table>` */
export async function compact(
  table: string,
  options: CompactOptions,
  flags: { readonly json: boolean },
  io: CliIo,
): Promise<number> {
  return withLakeOf(table, io, async (lake) => {
    const compacted = await lake.compactTable(table, options)
    return showOne(compacted, () => [textOf(compacted)], flags.json, io)
  })
}

function textOf({ table, snapshot, files, into, bytes }: CompactResult): string {
  if (snapshot === undefined) return `✓ ${table} has no small files that are worth it.`
  return `✓ ${countOf(files, 'file')} of ${table} became ${countOf(into, 'file')} (${bytesText(bytes)})`
}
