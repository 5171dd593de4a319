import type { AuditEntry } from '@sluice/lake/manage'
import type { CliIo } from '../io.ts'
import { microsOf } from '../output/micros.ts'
import { printJson } from '../output/print.ts'
import { cell, showList } from '../output/show-list.ts'
import { localTime } from '../output/time-text.ts'
import type { LakeSource } from './source/lake-source.ts'
import { withAnyLake } from './with-lake.ts'

/** `sluice lake audit [dataset]`: who read, wrote, changed or dropped what, newest first. */
export async function showAudit(
  dataset: string | undefined,
  { limit, json }: { readonly limit: number; readonly json: boolean },
  io: CliIo,
): Promise<number> {
  return withAnyLake(io, async (lake) => {
    const query = { limit, ...(dataset !== undefined && { dataset }) }
    const page = (await lake?.audit(query)) ?? { items: [], next: null }
    if (dataset !== undefined && lake && page.items.length === 0) await requireKnown(lake, dataset)
    if (json) {
      printJson(io, page)
      return 0
    }
    const code = showList(page.items, view, false, io)
    if (page.next !== null) io.stdout.write('There is more: a higher --limit, or the name of a table.\n')
    return code
  })
}

/** Throws `TABLE_NOT_FOUND` for a name that nobody has heard of. */
async function requireKnown(lake: LakeSource, dataset: string): Promise<void> {
  await lake.lineage({ dataset, direction: 'upstream', depth: 1 })
}

const view = {
  columns: [
    { title: 'WHEN' },
    { title: 'WHO', give: 2 },
    { title: 'DID' },
    { title: 'DATASET', give: 1 },
    { title: 'VERSION', drop: 1 },
    { title: 'HOW', give: 3, drop: 2 },
  ],
  row: ({ at, by, did, dataset, snapshot, runId, detail }: AuditEntry) => [
    cell(localTime(microsOf(at))),
    cell(runId === undefined ? by : `run ${runId.slice(0, 18)}`),
    cell(did),
    cell(dataset, 'bold'),
    cell(snapshot),
    cell(howText(detail)),
  ],
  empty: 'Nobody has read or written anything yet.',
}

function howText(detail: unknown): string | undefined {
  if (typeof detail !== 'object' || detail === null) return undefined
  if ('changes' in detail && Array.isArray(detail.changes)) return detail.changes.join(', ')
  return JSON.stringify(detail)
}
