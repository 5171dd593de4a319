import type { ExpireOptions, ExpireResult } from '@sluice/lake/manage'
import type { CliIo } from '../io.ts'
import { showOne } from '../output/show-list.ts'
import { bytesText, countOf } from './quantity-text.ts'
import { withLakeOf } from './with-lake.ts'

interface Given {
  readonly olderThan?: string
  readonly keep?: number
  readonly grace?: string
  readonly dryRun?: boolean
}

/** `sluice lake expire <table>` */
export async function expire(
  table: string,
  given: Given,
  flags: { readonly json: boolean },
  io: CliIo,
): Promise<number> {
  return withLakeOf(table, io, async (lake) => {
    // What is no length of time is told by the lake.
    const expired = await lake.expireTable(table, given as ExpireOptions)
    return showOne(expired, () => lines(expired, given.dryRun === true), flags.json, io)
  })
}

function lines({ table, snapshots, refs, bytes, deleted, waiting }: ExpireResult, dryRun: boolean): readonly string[] {
  const names = refs.length === 0 ? '' : `, and the names ${refs.join(', ')}`
  const versions = `${countOf(snapshots.length, 'version')} of ${table}${names}`
  const forgotten = `${snapshots.length === 1 ? 'is' : 'are'} forgotten`
  if (dryRun && snapshots.length > 0)
    return [`It would forget ${versions}`, `  ${countOf(waiting, 'file')} (${bytesText(bytes)}) would be deleted`]
  return [
    snapshots.length === 0 ? `✓ ${table} has no version that is too old` : `✓ ${versions} ${forgotten}`,
    ...(deleted === 0 ? [] : [`  ${areDeleted(deleted)}`]),
    ...(waiting === 0 ? [] : [`  ${countOf(waiting, 'file')} will be, when nobody reads them any more`]),
  ]
}

function areDeleted(files: number): string {
  return `${countOf(files, 'file')} ${files === 1 ? 'is' : 'are'} deleted`
}
