import type { LoadEntry, TableChange } from '../catalog/lake-catalog.ts'
import type { CursorAt } from '../ingest/cursor/apply-cursor.ts'
import type { Cursor, CursorValue } from '../ingest/cursor/cursor.ts'
import { lagSql } from '../ingest/cursor/cursor-sql.ts'
import type { DuckSession } from '../duckdb/duck-session.ts'
import { duckdbType } from '../duckdb/duckdb-types.ts'
import { literal } from '../duckdb/quote.ts'
import { schemaOf } from './resolve-version.ts'
import type { PreparedLoad } from '../ingest/prepared-load.ts'
import { cursorIdentity, type CursorPlace, cursorProperty, findCursor } from './cursor-ledger.ts'
import type { RowLoad } from './load-rows.ts'
import type { FoundTable } from './write-target.ts'

/** The cursor of a load, and where it stands. */
export type LoadCursor = CursorAt & CursorPlace

/** A replacement begins anew. */
export async function cursorOf(
  { lake, options, operation }: RowLoad,
  session: DuckSession,
  found: FoundTable | undefined,
  branch: string,
): Promise<LoadCursor | undefined> {
  const { cursor } = options
  if (cursor === undefined) return undefined
  const { window, initial } = cursor
  const begin = { from: initial === undefined ? undefined : textOf(initial) }
  const nowhere = { state: undefined, previous: undefined, newest: undefined }
  if (typeof window === 'object') return { cursor, ...nowhere, from: textOf(window.start), until: textOf(window.end) }
  if (!found) return { cursor, ...nowhere, ...begin }
  const place = await findCursor(lake.catalog, found, cursor.name ?? cursor.column, branch)
  if (operation === 'replace' || !place.state) return { cursor, ...nowhere, newest: place.newest, ...begin }
  return { cursor, ...place, from: await fromOf(session, found, cursor, place.state.last) }
}

/** Where a source has to begin; undefined for an order that only its author knows. */
async function fromOf(
  session: DuckSession,
  { metadata }: FoundTable,
  cursor: Cursor,
  last: string,
): Promise<string | undefined> {
  if (typeof cursor.order === 'function') return undefined
  const type = schemaOf(metadata, undefined).fields.find(({ name }) => name === cursor.column)?.type ?? 'string'
  const value = lagSql(type, `CAST(${literal(last)} AS ${duckdbType(type)})`, cursor)
  const [found] = await session.all<{ v: string }>(`SELECT CAST(${value} AS VARCHAR) AS v`)
  return found?.v
}

function textOf(value: CursorValue): string {
  return value instanceof Date ? value.toISOString() : String(value)
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
