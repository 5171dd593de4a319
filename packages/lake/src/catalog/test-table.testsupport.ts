import { randomUUID } from 'node:crypto'
import { createTableUpdates } from '../format/create-table.ts'
import { decodeManifest, encodeManifest } from '../format/manifest-file.ts'
import { decodeManifestList } from '../format/manifest-list.ts'
import type { DataFile, ManifestFile } from '../format/manifest.ts'
import type { Schema } from '../format/schema.ts'
import { summarizeManifest } from '../format/summarize-manifest.ts'
import type { PartitionSpec, TableMetadata } from '../format/table-metadata.ts'
import { platform } from '../platform.ts'
import type { LakeStorage } from '../storage/lake-storage.ts'
import type { CommitReceipt, LakeCatalog, LakeCommit, TableChange, TablePointer } from './lake-catalog.ts'
import { keyOf, newTableDirectory } from './lake-paths.ts'

/** Tables whose data files are plain text, one row a line: what a catalogue does is the same. */
export const testSchema: Schema = {
  type: 'struct',
  'schema-id': 0,
  fields: [{ id: 1, name: 'id', required: false, type: 'string' }],
}
const spec: PartitionSpec = { 'spec-id': 0, fields: [] }

export interface Lake {
  readonly catalog: LakeCatalog
  readonly storage: LakeStorage
}

/** The change that makes a table. */
export function creation({ storage }: Lake, name: string): TableChange {
  const uuid = randomUUID()
  const directory = newTableDirectory(name, uuid)
  const location = `${storage.url}/${directory}`
  return {
    name,
    directory,
    requirements: [{ type: 'assert-create' }],
    updates: createTableUpdates({ uuid, location, schema: testSchema, spec }),
  }
}

export async function createTable(lake: Lake, name: string): Promise<TablePointer> {
  const { tables } = await lake.catalog.commit({ id: randomUUID(), tables: [creation(lake, name)] })
  const [made] = tables
  if (made === undefined) throw new Error('no table was made')
  return made
}

/** Writes a data file and its manifest: what an append hands to the catalogue. */
export async function stageRows(
  { storage }: Lake,
  directory: string,
  rows: readonly string[],
  snapshotId: bigint = platform.newSnapshotId(),
): Promise<readonly [snapshotId: bigint, manifest: ManifestFile]> {
  const key = `${directory}/data/${randomUUID()}.parquet`
  const { size } = await storage.put(key, rows.join('\n'))
  const path = `${storage.url}/${key}`
  const file: DataFile = { content: 0, path, format: 'PARQUET', partition: [], records: rows.length, size }
  const entry = { status: 'added', snapshotId: null, sequenceNumber: null, fileSequenceNumber: null, file } as const
  const content = { schema: testSchema, spec, content: 'data', entries: [entry], snapshotId } as const
  const manifestKey = `${directory}/metadata/${randomUUID()}-m0.avro`
  const bytes = encodeManifest(content)
  await storage.put(manifestKey, bytes)
  const manifest = summarizeManifest({ ...content, path: `${storage.url}/${manifestKey}`, length: bytes.length })
  return [snapshotId, manifest]
}

/** The change that appends rows. */
export async function appending(
  lake: Lake,
  table: Pick<TablePointer, 'name' | 'directory'>,
  rows: readonly string[],
  fields: Partial<TableChange> = {},
): Promise<TableChange> {
  const [snapshotId, manifest] = await stageRows(lake, table.directory, rows)
  return {
    name: table.name,
    requirements: [],
    updates: [],
    append: { branch: 'main', snapshotId, schemaId: 0, manifests: [manifest], summary: { operation: 'append' } },
    ...fields,
  }
}

export async function appendRows(
  lake: Lake,
  table: Pick<TablePointer, 'name' | 'directory'>,
  rows: readonly string[],
  commit: Partial<LakeCommit> = {},
): Promise<CommitReceipt> {
  const tables = [await appending(lake, table, rows)]
  return lake.catalog.commit({ id: randomUUID(), tables, ...commit })
}

/** Every row of a snapshot of a table as a reader finds it, through manifest list, manifests and data files. */
export async function readRows(lake: Lake, name: string, snapshotId?: bigint): Promise<string[]> {
  const pointer = await lake.catalog.find(name)
  if (pointer === undefined) throw new Error(`there is no ${name}`)
  const metadata = await lake.catalog.metadata(pointer)
  return rowsOf(lake.storage, pointer.directory, metadata, snapshotId ?? metadata['current-snapshot-id'])
}

export async function rowsOf(
  storage: LakeStorage,
  directory: string,
  metadata: TableMetadata,
  snapshotId: bigint | undefined,
): Promise<string[]> {
  const place = { location: metadata.location, directory }
  const snapshot = metadata.snapshots?.find((one) => one['snapshot-id'] === snapshotId)
  if (snapshot === undefined) return []
  const rows: string[] = []
  for (const manifest of decodeManifestList(await storage.get(keyOf(storage, place, snapshot['manifest-list'])))) {
    for (const { status, file } of decodeManifest(await storage.get(keyOf(storage, place, manifest.path)), manifest)) {
      if (status === 'deleted') continue
      const text = new TextDecoder().decode(await storage.get(keyOf(storage, place, file.path)))
      if (text.split('\n').length !== file.records) throw new Error(`${file.path} has another number of rows`)
      rows.push(...text.split('\n'))
    }
  }
  return rows.toSorted()
}
