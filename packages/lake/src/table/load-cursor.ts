import type { LoadEntry, TableChange } from '../catalog/lake-catalog.ts'
import type { CursorAt } from '../ingest/cursor/apply-cursor.ts'
import type { PreparedLoad } from '../ingest/prepared-load.ts'
import { cursorIdentity, type CursorPlace, cursorProperty, findCursor } from './cursor-ledger.ts'
import type { RowLoad } from './load-rows.ts'
import type { FoundTable } from './write-target.ts'

/** The cursor of a load, and where it stands. */
export type LoadCursor = CursorAt & CursorPlace

/** A replacement begins anew. */
export async function cursorOf(
  { lake, options, operation }: RowLoad,
  found: FoundTable | undefined,
  branch: string,
): Promise<LoadCursor | undefined> {
  const { cursor } = options
  if (cursor === undefined) return undefined
  const nowhere = { state: undefined, previous: undefined, newest: undefined }
  if (!found || cursor.window !== undefined) return { cursor, ...nowhere }
  const place = await findCursor(lake.catalog, found, cursor.name ?? cursor.column, branch)
  return operation === 'replace' ? { cursor, ...nowhere, newest: place.newest } : { cursor, ...place }
}

/** What a load does to the table beside its rows: the files that it takes, and the place that its cursor goes on from. */
export function takenBy(
  { updates }: TableChange,
  { files, cursor }: PreparedLoad,
  loadId: string,
  at: LoadCursor | undefined,
): Pick<TableChange, 'updates' | 'files'> {
  if (cursor === undefined) return { updates, files }
  const property = { [cursorProperty(cursor.name)]: loadId }
  return {
    updates: [...updates, { action: 'set-properties', updates: property }],
    files: [...files, cursorIdentity(cursor.name, at?.newest)],
  }
}

/** Where the cursor stands after the load, as the ledger has it. */
export function cursorEntry({ cursor }: PreparedLoad, at: LoadCursor | undefined): Pick<LoadEntry, 'cursor'> {
  return cursor === undefined ? {} : { cursor: { ...cursor, previous: at?.previous } }
}
