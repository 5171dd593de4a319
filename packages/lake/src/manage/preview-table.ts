import { SluiceError } from '@sluice/core'
import { recordReads } from '../lineage/record-reads.ts'
import type { OpenLake } from '../table/lake.ts'
import { findView, readOf, readRows } from '../table/read-rows.ts'
import type { Version } from '../table/types.ts'
import { type ColumnFacts, columnFacts } from './column-facts.ts'
import { viewRows } from './view-rows.ts'

/** Some rows of a table or a view, to look at. */
export interface TablePreview {
  readonly table: string
  readonly snapshot: string | undefined
  readonly columns: readonly ColumnFacts[]
  readonly rows: readonly Readonly<Record<string, unknown>>[]
}

export interface PreviewOptions {
  readonly limit: number
  readonly at?: Version
  readonly columns?: readonly string[]
}

/** Throws `TABLE_NOT_FOUND`, `TABLE_VERSION_NOT_FOUND`, `TABLE_COLUMN_UNKNOWN`. */
export async function previewTable(lake: OpenLake, name: string, options: PreviewOptions): Promise<TablePreview> {
  if ((await lake.catalog.find(name)) === undefined && (await lake.catalog.view(name)) !== undefined)
    return previewView(lake, name, options)
  const view = await findView(lake, name, options.at)
  const told = recordReads(lake.catalog, undefined, [readOf(view)])
  const rows: Record<string, unknown>[] = []
  for await (const row of readRows(lake, view, { limit: options.limit, columns: options.columns })) rows.push(row)
  await told
  const { snapshot, schema } = view
  const all = new Map(columnFacts(schema).map((column) => [column.name, column]))
  return {
    table: name,
    snapshot: snapshot && String(snapshot['snapshot-id']),
    columns: options.columns?.flatMap((column) => all.get(column) ?? []) ?? [...all.values()],
    rows,
  }
}

async function previewView(lake: OpenLake, name: string, { at, ...options }: PreviewOptions): Promise<TablePreview> {
  if (at !== undefined)
    throw new SluiceError('TABLE_VERSION_NOT_FOUND', { table: name, version: at, problem: 'a view has no versions' })
  return { table: name, snapshot: undefined, ...(await viewRows(lake, name, options)) }
}
