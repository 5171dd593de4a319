import { SluiceError } from '@sluice/core'
import type { DatasetVersion } from '../catalog/lake-catalog.ts'
import { tableNotFound } from '../catalog/table-not-found.ts'
import { keyOf } from '../catalog/lake-paths.ts'
import { identifier } from '../duckdb/quote.ts'
import type { Scan, ScanSource } from '../duckdb/scan.ts'
import type { Predicate } from '../format/predicate.ts'
import type { NeededFile } from '../storage/lake-storage.ts'
import type { OpenLake } from './lake.ts'
import { scanLent } from './plain-files.ts'
import { planScan } from './plan-scan.ts'
import { requireColumn } from './require-column.ts'
import { type FoundVersion, resolveVersion } from './resolve-version.ts'
import type { Version } from './types.ts'
import { conditionOf } from './where.ts'
import { findTable, type FoundTable } from './write-target.ts'

/** A table at a version, as it was found. */
export interface FoundView extends FoundTable, FoundVersion {
  readonly name: string
}

/** Throws `TABLE_NOT_FOUND`, `TABLE_VERSION_NOT_FOUND`. */
export async function findView(lake: OpenLake, name: string, version: Version | undefined): Promise<FoundView> {
  const found = await findTable(lake.catalog, name)
  if (!found) throw await tableNotFound(lake.catalog, name)
  return { name, ...found, ...resolveVersion(name, found.metadata, version) }
}

/** What reading a view is told as. */
export function readOf({ name, snapshot }: FoundView): DatasetVersion {
  return { dataset: name, ...(snapshot && { snapshotId: snapshot['snapshot-id'] }) }
}

/** What a scan of a view reads: of its files those that may hold what is looked for. */
export interface PlannedView extends Omit<ScanSource, 'lent'> {
  /** Of all files, in the order of the entries. */
  readonly needed: readonly NeededFile[]
}

export async function planView(lake: OpenLake, view: FoundView, where?: Predicate): Promise<PlannedView> {
  const { metadata, pointer, snapshot, schema } = view
  const place = { location: metadata.location, directory: pointer.directory }
  const entries = await planScan(lake.manifests, { metadata, directory: pointer.directory, snapshot, schema, where })
  const needed = entries.map(({ file }) => ({ key: keyOf(lake.storage, place, file.path), size: file.size }))
  return { entries, schema, schemas: metadata.schemas, needed }
}

/** What stands behind FROM for a view. Its disposal gives the files back. */
export async function scanView(lake: OpenLake, view: FoundView, where?: Predicate): Promise<Scan> {
  const plan = await planView(lake, view, where)
  const lent = await lake.storage.lend(plan.needed)
  return scanLent(lake, { ...plan, lent })
}

export interface RowsRequest {
  readonly where?: Readonly<Record<string, unknown>> | undefined
  readonly columns?: readonly string[] | undefined
  readonly limit?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** The rows of a view, while the query runs: memory stays flat however many there are. */
export async function* readRows(
  lake: OpenLake,
  view: FoundView,
  request: RowsRequest,
): AsyncGenerator<Record<string, unknown>> {
  const { name, schema } = view
  const condition = conditionOf(name, schema, request.where ?? {})
  const columns = request.columns?.map((column) => identifier(requireColumn(name, schema, column).name))
  await using scan = await scanView(lake, view, condition.predicate)
  const limit = request.limit === undefined ? '' : ` LIMIT ${requireLimit(request.limit)}`
  await using session = await (await lake.duck()).session(request.signal && { signal: request.signal })
  const sql = `SELECT ${columns?.join(', ') ?? '*'} FROM ${scan.item} WHERE ${condition.sql}${limit}`
  for await (const rows of session.stream<Record<string, unknown>>(sql)) yield* rows
}

function requireLimit(limit: number): number {
  if (!Number.isSafeInteger(limit) || limit < 0)
    throw new SluiceError('OPTION_INVALID', { option: 'limit', problem: 'it must be a whole number from 0 on' })
  return limit
}

/** Where other tools find the data files of a view: absolute paths, or URLs of a bucket. */
export async function viewFiles(lake: OpenLake, view: FoundView): Promise<readonly string[]> {
  const { metadata, pointer, snapshot, schema } = view
  const place = { location: metadata.location, directory: pointer.directory }
  const entries = await planScan(lake.manifests, { metadata, directory: pointer.directory, snapshot, schema })
  if (entries.some(({ file }) => file.content !== 0))
    throw new SluiceError('LAKE_FORMAT_UNSUPPORTED', {
      problem: `rows of ${view.name} were deleted without writing its files anew`,
    })
  return entries.map(({ file }) => lake.storage.addressOf(keyOf(lake.storage, place, file.path)))
}
