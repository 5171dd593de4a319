import type { LoadEntry, RowChanges } from '../catalog/lake-catalog.ts'
import type { SchemaChange } from '../ingest/schema-change.ts'
import type { ChangeResult, LoadResult } from './types.ts'

const unchanged: SchemaChange = { added: [], widened: [], rewritten: [], missing: [] }
const none: RowChanges = { inserted: 0, updated: 0, deleted: 0 }

/** What a load came to, as the ledger has it. */
export function loadResult(entry: LoadEntry, change: SchemaChange): LoadResult {
  return { ...resultOf(entry), schemaChange: change, repeated: false }
}

/** Of a load that was there already. */
export function repeatedResult(entry: LoadEntry): LoadResult {
  return { ...resultOf(entry), schemaChange: unchanged, repeated: true }
}

/** Without what only the load itself knows. */
export function resultOf(
  entry: LoadEntry,
): Omit<LoadResult, 'repeated' | 'schemaChange'> | Omit<ChangeResult, 'repeated' | 'schemaChange'> {
  const { id, branch, state, snapshotId, counts, operation, changes = none } = entry
  const result = {
    snapshot: snapshotId === undefined ? undefined : String(snapshotId),
    loadId: id,
    rows: counts.loaded,
    rejected: counts.quarantined,
    discarded: counts.discarded,
    filtered: counts.filtered,
    published: branch === 'main' && (state === 'committed' || state === 'published'),
  }
  return operation === 'append' || operation === 'replace' ? result : { ...result, ...changes }
}
