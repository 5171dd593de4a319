import type { OpenLake } from '../table/lake.ts'
import { findView, readRows } from '../table/read-rows.ts'
import type { Version } from '../table/types.ts'
import { type ColumnFacts, columnFacts } from './column-facts.ts'

/** Some rows of a table, to look at. */
export interface TablePreview {
  readonly table: string
  readonly snapshot: string | undefined
  readonly columns: readonly ColumnFacts[]
  readonly rows: readonly Readonly<Record<string, unknown>>[]
}

/** Throws `TABLE_NOT_FOUND`, `TABLE_VERSION_NOT_FOUND`, `TABLE_COLUMN_UNKNOWN`. */
export async function previewTable(
  lake: OpenLake,
  name: string,
  options: { readonly limit: number; readonly at?: Version; readonly columns?: readonly string[] },
): Promise<TablePreview> {
  const view = await findView(lake, name, options.at)
  const rows: Record<string, unknown>[] = []
  for await (const row of readRows(lake, view, { limit: options.limit, columns: options.columns })) rows.push(row)
  const { snapshot, schema } = view
  const all = new Map(columnFacts(schema).map((column) => [column.name, column]))
  return {
    table: name,
    snapshot: snapshot && String(snapshot['snapshot-id']),
    columns: options.columns?.flatMap((column) => all.get(column) ?? []) ?? [...all.values()],
    rows,
  }
}
