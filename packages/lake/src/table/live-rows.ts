import type { RowChanges } from '../catalog/lake-catalog.ts'
import { keyOf } from '../catalog/lake-paths.ts'
import { stageDataFiles } from '../duckdb/data-writer.ts'
import type { DuckSession } from '../duckdb/duck-session.ts'
import { identifier } from '../duckdb/quote.ts'
import type { DataFile } from '../format/manifest.ts'
import type { Predicate } from '../format/predicate.ts'
import type { Schema } from '../format/schema.ts'
import type { ColumnRewrite } from '../ingest/load-request.ts'
import type { OpenLake } from './lake.ts'
import { scanLent } from './plain-files.ts'
import { planScan } from './plan-scan.ts'
import { rewrittenItem, schemaBefore } from './rewritten-rows.ts'
import { baseSnapshotId, type SnapshotRewrite } from './rewrite-snapshot.ts'
import type { WriteTarget } from './write-target.ts'

/** What a change of rows is planned on: a table as it is now, and as it is to be written. */
export interface ChangeBase {
  readonly lake: OpenLake
  readonly session: DuckSession
  readonly table: string
  readonly target: WriteTarget
  readonly branch: string
  /** The branch begins anew at what this one holds. */
  readonly from?: 'main' | undefined
  /** Columns that {@link target} has another type of than the files that are there. */
  readonly rewritten?: readonly ColumnRewrite[]
}

/** What a change does to the files that are there. Its own files are in the storage, and nobody's yet. */
export interface PlannedRewrite extends Pick<SnapshotRewrite, 'removed' | 'operation'> {
  readonly files: readonly DataFile[]
  readonly changes: RowChanges
  /** Rows of a load that it leaves out. */
  readonly filtered: number
}

/** The column that tells which file a row is in. No column of a load can have this name. */
const fileColumn = '$file'
export const file: string = identifier(fileColumn)

/** The rows of a branch that may fulfil a condition, or those of some of its files. Its disposal gives the files back. */
export interface LiveRows extends AsyncDisposable {
  /** What stands behind FROM: the table's columns, and {@link file}. */
  readonly item: string
  /** Files of rows. */
  readonly count: number
  /** The path by which manifests name a file. */
  readonly pathOf: (local: string) => string
}

export async function liveRows(
  base: ChangeBase,
  { where, only }: { readonly where?: Predicate; readonly only?: ReadonlySet<string> },
): Promise<LiveRows> {
  const { lake, target, rewritten = [] } = base
  const { metadata } = target
  const schema = schemaBefore(target.schema, rewritten)
  // What is known of files is known of their own types.
  const planned = await plannedEntries(base, schema, rewritten.length === 0 ? where : undefined)
  const entries = planned.filter((entry) => entry.file.content !== 0 || (only?.has(entry.file.path) ?? true))
  const needed = entries.map((entry) => ({ key: keyOf(lake.storage, target, entry.file.path), size: entry.file.size }))
  const lent = await lake.storage.lend(needed)
  const paths = new Map(entries.map((entry, i) => [lent.paths[i] ?? '', entry.file.path]))
  const { item, ...scan } = await scanLent(lake, { entries, schema, schemas: metadata.schemas, lent, fileColumn })
  return {
    item: rewrittenItem(item, rewritten),
    count: entries.filter((entry) => entry.file.content === 0).length,
    pathOf: (local) => paths.get(local) ?? local,
    [Symbol.asyncDispose]: () => scan[Symbol.asyncDispose](),
  }
}

/** All files of rows that a branch holds. */
export async function liveFiles(base: ChangeBase): Promise<readonly { readonly path: string }[]> {
  const entries = await plannedEntries(base, base.target.schema, undefined)
  return entries.flatMap(({ file: each }) => (each.content === 0 ? [each] : []))
}

function plannedEntries(
  { lake, target, branch, from }: ChangeBase,
  schema: Schema,
  where: Predicate | undefined,
): ReturnType<typeof planScan> {
  const { metadata, directory } = target
  const id = baseSnapshotId(metadata, branch, from)
  const snapshot = metadata.snapshots?.find((each) => each['snapshot-id'] === id)
  return planScan(lake.manifests, { metadata, directory, snapshot, schema, where })
}

/** Writes rows as files of the table, in the storage. */
export async function putSelect(
  { lake, session, target }: ChangeBase,
  select: string,
): Promise<{ readonly files: readonly DataFile[]; readonly rows: number }> {
  const { directory, location, schema, spec } = target
  const id = lake.platform.newId()
  await using staged = await stageDataFiles(session, lake.storage, { select, schema, spec, directory, location, id })
  return { files: await staged.put(), rows: staged.rows }
}

/** The columns of the table, in their order. */
export function columnsOf({ target }: ChangeBase, alias?: string): string {
  const prefix = alias === undefined ? '' : `${alias}.`
  return target.schema.fields.map(({ name }) => prefix + identifier(name)).join(', ')
}
