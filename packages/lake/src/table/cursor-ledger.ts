import { type CursorState, isCursorState } from '../ingest/cursor/cursor-state.ts'
import type { LakeCatalog, LoadEntry } from '../catalog/lake-catalog.ts'
import type { TableMetadata } from '../format/table-metadata.ts'
import type { FoundTable } from './write-target.ts'

/** Where a cursor of a table stands. */
export interface CursorPlace {
  /** Undefined: it has loaded nothing that is there still. */
  readonly state: CursorState | undefined
  /** The load that it stood at before the next one. */
  readonly previous: string | undefined
  /** The last load that moved it, whatever became of that. */
  readonly newest: string | undefined
}

/** The table's property that names the last load which moved a cursor: its entry in the ledger has where it stands. */
export function cursorProperty(name: string): string {
  return `sluice.cursor.${name}`
}

/** Of two loads that go on from the same place only one may commit: it takes this, as loads take files. */
export function cursorIdentity(name: string, newest: string | undefined): string {
  return `cursor:${name}:${newest ?? 'start'}`
}

/**
 * Where a cursor stands for a branch: at the last load whose rows the branch has. What was rolled back, blocked or dropped has not
 * moved it.
 */
export async function findCursor(
  catalog: LakeCatalog,
  { pointer, metadata }: FoundTable,
  name: string,
  branch: string,
): Promise<CursorPlace> {
  const newest = metadata.properties?.[cursorProperty(name)]
  for (let id = newest; id !== undefined;) {
    const entry = await catalog.load(pointer.id, id)
    if (entry === undefined || !isCursorState(entry.cursor)) break
    if (holds(entry, metadata, branch)) return { state: entry.cursor, previous: id, newest }
    id = entry.cursor.previous
  }
  return { state: undefined, previous: undefined, newest }
}

function holds(entry: LoadEntry, metadata: TableMetadata, branch: string): boolean {
  const isThere =
    entry.state === 'published' || (entry.state === 'committed' && [branch, 'main'].includes(entry.branch))
  return isThere && (entry.snapshotId === undefined || !isRolledBack(entry.snapshotId, metadata, branch))
}

/** Whether a branch does not come from a snapshot. One that has expired is taken for part of what came after it. */
function isRolledBack(id: bigint, metadata: TableMetadata, branch: string): boolean {
  const snapshots = new Map(metadata.snapshots?.map((snapshot) => [snapshot['snapshot-id'], snapshot]))
  const wanted = snapshots.get(id)
  if (wanted === undefined) return false
  const head = metadata.refs?.[branch]?.['snapshot-id'] ?? metadata.refs?.['main']?.['snapshot-id']
  let at = head === undefined ? undefined : snapshots.get(head)
  while (at !== undefined) {
    if (at['snapshot-id'] === id) return false
    const parent = at['parent-snapshot-id']
    const next = parent === undefined ? undefined : snapshots.get(parent)
    // The line is cut by expiry: what is older than the cut was in it.
    if (parent !== undefined && next === undefined) return wanted['sequence-number'] >= at['sequence-number']
    at = next
  }
  return true
}
