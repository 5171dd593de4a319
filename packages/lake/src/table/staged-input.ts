import type { TableChange } from '../catalog/lake-catalog.ts'
import { keyOf, manifestListKeyOf, urlOf } from '../catalog/lake-paths.ts'
import { identifier, literals } from '../duckdb/quote.ts'
import type { StagedRows } from '../duckdb/data-writer.ts'
import type { DuckSession } from '../duckdb/duck-session.ts'
import { encodeManifestList } from '../format/manifest-list.ts'
import type { Snapshot, TableMetadata } from '../format/table-metadata.ts'
import type { OpenLake } from './lake.ts'
import type { MergeRule } from './merge-rule.ts'
import { scanLent } from './plain-files.ts'
import { planScan } from './plan-scan.ts'
import { inputBranch } from './stage-branch.ts'
import { putRows, type PutRows, stage, type StagedTable } from './stage-load.ts'
import type { FoundTable, WriteTarget } from './write-target.ts'

/** Of snapshots that hold the rows of a load that waits: they are no version of the table. */
export const inputProperty = 'sluice.load-input'

/** The rows of a merge that is staged, in the storage. */
export interface StagedInput {
  readonly loadId: string
  readonly put: PutRows
}

/**
 * Puts the rows that a merge brought into the storage, beside what it makes of the table: which of them count depends on what `main`
 * holds when they are published. Of each key only the row that counts in any case is kept.
 */
export async function putInput(
  lake: OpenLake,
  session: DuckSession,
  { target, staged }: StagedTable,
  { loadId, rule }: { readonly loadId: string; readonly rule: MergeRule },
): Promise<StagedInput> {
  const summary = { 'sluice.load-id': loadId, [inputProperty]: 'true' }
  // By partitions: a merge has staged its rows without them.
  await using rows = await stage({ lake, session }, target, lastOfEachKey(staged, rule))
  return { loadId, put: await putRows(lake, rows, summary) }
}

/** Of equal ones the later in the load, as the merge takes them. */
function lastOfEachKey({ files }: StagedRows, { key, sequenceBy, mode }: MergeRule): string {
  const from = `read_parquet(${literals(files)}, hive_partitioning = false)`
  if (files.length === 0) return 'SELECT 1 WHERE false'
  if (sequenceBy === undefined || mode === 'delete-insert') return `SELECT * FROM ${from}`
  const place = `list_position(${literals(files)}, filename) DESC, file_row_number DESC`
  return `SELECT * FROM ${from} QUALIFY row_number() OVER
    (PARTITION BY ${key.map(identifier).join(', ')} ORDER BY ${identifier(sequenceBy)} DESC NULLS LAST, ${place}) = 1`
}

/** What a commit needs beside the staged snapshot, which comes first: the rows as a snapshot on a branch of their own. */
export async function inputUpdates(
  lake: OpenLake,
  { directory, metadata, schemaId }: WriteTarget,
  { loadId, put: { manifests, snapshotId, summary } }: StagedInput,
): Promise<TableChange['updates']> {
  const place = { location: metadata.location, directory }
  const key = manifestListKeyOf(directory, snapshotId, lake.platform.newId())
  const sequenceNumber = metadata['last-sequence-number'] + 2
  await lake.storage.put(
    key,
    encodeManifestList({ snapshotId, parentSnapshotId: undefined, sequenceNumber, manifests }),
  )
  const rows = manifests.reduce((sum, { addedRows }) => sum + addedRows, 0)
  const snapshot: Snapshot = {
    'snapshot-id': snapshotId,
    'sequence-number': sequenceNumber,
    'timestamp-ms': lake.platform.now(),
    'manifest-list': urlOf(place, key),
    summary: { ...summary, operation: 'append', 'added-records': String(rows), 'total-records': String(rows) },
    'schema-id': schemaId,
  }
  return [
    { action: 'add-snapshot', snapshot },
    { action: 'set-snapshot-ref', 'ref-name': inputBranch(loadId), type: 'branch', 'snapshot-id': snapshotId },
  ]
}

/** The snapshot with the rows that a load brought. */
export function inputSnapshot({ refs, snapshots }: TableMetadata, loadId: string): Snapshot | undefined {
  const id = refs?.[inputBranch(loadId)]?.['snapshot-id']
  return snapshots?.find((each) => each['snapshot-id'] === id)
}

/** The rows of a staged merge once more, as the columns are by now. */
export async function stageInput(
  lake: OpenLake,
  session: DuckSession,
  { found: { metadata, pointer }, snapshot }: { readonly found: FoundTable; readonly snapshot: Snapshot },
  target: WriteTarget,
): Promise<StagedTable> {
  const { directory } = pointer
  const { schema } = target
  const entries = await planScan(lake.manifests, { metadata, directory, snapshot, schema })
  const place = { location: metadata.location, directory }
  const needed = entries.map(({ file }) => ({ key: keyOf(lake.storage, place, file.path), size: file.size }))
  const lent = await lake.storage.lend(needed)
  await using scan = await scanLent(lake, { entries, schema, schemas: metadata.schemas, lent })
  return await stage({ lake, session }, target, `SELECT * FROM ${scan.item}`, { whole: true })
}
