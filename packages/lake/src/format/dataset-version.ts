import type { Snapshot, TableMetadata } from './table-metadata.ts'

/**
 * What a table holds, as a version that only moves when its rows or its columns do: the last snapshot on `main` that changed rows, and the
 * current schema. Compaction, branches and empty loads do not move it.
 */
export interface DatasetContent {
  /** Undefined: no rows were ever loaded. */
  readonly snapshotId: bigint | undefined
  readonly schemaId: number
}

/**
 * A snapshot that keeps the rows of those before it says which one that was, under this name in its summary: they may be expired when
 * it is asked.
 */
export const contentProperty = 'sluice.content-snapshot-id'

export function datasetContent(metadata: TableMetadata): DatasetContent {
  return { snapshotId: contentOf(metadata), schemaId: metadata['current-schema-id'] }
}

/** The content's version as text: equal texts, equal content. */
export const contentText = ({ snapshotId, schemaId }: DatasetContent): string => `${snapshotId ?? 'none'}/${schemaId}`

function contentOf(metadata: TableMetadata): bigint | undefined {
  const byId = new Map((metadata.snapshots ?? []).map((snapshot) => [snapshot['snapshot-id'], snapshot]))
  let last: bigint | undefined
  let id = metadata.refs?.['main']?.['snapshot-id']
  while (id !== undefined) {
    const snapshot = byId.get(id)
    // Expired: what came after it kept its rows.
    if (snapshot === undefined) return last
    const said = snapshot.summary[contentProperty]
    if (said !== undefined && /^\d{1,19}$/.test(said)) return BigInt(said)
    if (changesRows(snapshot)) return id
    last = id
    id = snapshot['parent-snapshot-id']
  }
  return undefined
}

/** Of a writer that did not count: it may have. */
export function changesRows({ summary }: Snapshot): boolean {
  if (summary.operation === 'replace') return false
  const [added, deleted] = [summary['added-records'], summary['deleted-records']]
  if (summary['added-delete-files'] !== undefined || summary['removed-delete-files'] !== undefined) return true
  if (added === undefined && deleted === undefined)
    return summary.operation !== 'append' || summary['added-data-files'] !== '0'
  return Number(added ?? 0) > 0 || Number(deleted ?? 0) > 0
}

/** What moving from one version to another did to the rows. */
export interface ContentChange {
  readonly added: number
  readonly removed: number
}

/** Counted along the snapshots in between; where there are none (a rollback), by what the two hold. */
export function contentChange(before: TableMetadata | undefined, after: TableMetadata): ContentChange {
  const byId = new Map((after.snapshots ?? []).map((snapshot) => [snapshot['snapshot-id'], snapshot]))
  const start = before?.refs?.['main']?.['snapshot-id']
  const end = after.refs?.['main']?.['snapshot-id']
  let [added, removed] = [0, 0]
  for (let id = end; id !== start;) {
    const snapshot = id === undefined ? undefined : byId.get(id)
    if (snapshot === undefined) return byTotals(before, start, byId, end)
    if (changesRows(snapshot)) {
      added += Number(snapshot.summary['added-records'] ?? 0)
      removed += Number(snapshot.summary['deleted-records'] ?? 0)
    }
    id = snapshot['parent-snapshot-id']
  }
  return { added, removed }
}

function byTotals(
  before: TableMetadata | undefined,
  start: bigint | undefined,
  byId: ReadonlyMap<bigint, Snapshot>,
  end: bigint | undefined,
): ContentChange {
  const was = before?.snapshots?.find((snapshot) => snapshot['snapshot-id'] === start)
  const is = end === undefined ? undefined : byId.get(end)
  const rows = (snapshot: Snapshot | undefined): number => Number(snapshot?.summary['total-records'] ?? 0)
  const more = rows(is) - rows(was)
  return { added: Math.max(0, more), removed: Math.max(0, -more) }
}
