import type { LakeRefRecord, LakeTableChange, LakeTableRecord, NewLakeSnapshot } from '@sluice/store'
import type { ManifestEntry, ManifestFile } from '../format/manifest.ts'
import type { TableMetadata } from '../format/table-metadata.ts'
import { metadataKeyOf } from './lake-paths.ts'
import { changedSearchText } from './search-text.ts'

/** A table while commits are being made of it: as it is, and what the commits so far made of it. */
export interface WorkingTable {
  readonly name: string
  readonly directory: string
  /** 0: there is none yet. */
  readonly version: number
  readonly base: { readonly metadata: TableMetadata; readonly key: string } | undefined
  readonly metadata: TableMetadata
  /** Manifests that appends merge, to be written before the lists that name them. */
  readonly merged: readonly PlannedManifest[]
  /** Manifest lists of appends, to be written before the metadata file. */
  readonly lists: readonly PlannedList[]
  /** Who made which snapshot. */
  readonly makers: ReadonlyMap<bigint, SnapshotMaker>
}

export interface PlannedManifest {
  readonly key: string
  readonly bytes: Uint8Array
  readonly manifest: ManifestFile
  readonly entries: readonly ManifestEntry[]
}

export interface PlannedList {
  readonly key: string
  readonly snapshotId: bigint
  readonly parentSnapshotId: bigint | undefined
  readonly sequenceNumber: number
  readonly manifests: readonly ManifestFile[]
}

export interface SnapshotMaker {
  readonly rootId: string | null
  readonly taskRunId: string | null
  readonly loadId: string | null
}

/** The table of a pointer before any commit. */
export function workingTable(pointer: LakeTableRecord, metadata: TableMetadata): WorkingTable {
  const { name, directory, version, metadataKey } = pointer
  const base = { metadata, key: metadataKey }
  return { name, directory, version, base, metadata, merged: [], lists: [], makers: new Map() }
}

/** What the store is to remember of it, under a new metadata file. */
export function changeOf(table: WorkingTable, newId: () => string): LakeTableChange {
  const before = new Set((table.base?.metadata.snapshots ?? []).map((snapshot) => snapshot['snapshot-id']))
  const snapshots = table.metadata.snapshots ?? []
  const after = new Set(snapshots.map((snapshot) => snapshot['snapshot-id']))
  return {
    id: table.metadata['table-uuid'],
    name: table.name,
    directory: table.directory,
    expectedVersion: table.version,
    metadataKey: metadataKeyOf(table.directory, table.version + 1, newId()),
    addedSnapshots: snapshotRows(table, (id) => !before.has(id)),
    removedSnapshots: [...before].filter((id) => !after.has(id)).map(String),
    refs: refsOf(table.metadata),
    ...changedSearchText(table.name, table.base?.metadata, table.metadata),
  }
}

/** The snapshots of a table's metadata as the store keeps them. */
export function snapshotRows(
  { metadata, makers }: Pick<WorkingTable, 'metadata' | 'makers'>,
  wanted: (id: bigint) => boolean,
): readonly NewLakeSnapshot[] {
  const rows: NewLakeSnapshot[] = []
  for (const snapshot of metadata.snapshots ?? []) {
    const id = snapshot['snapshot-id']
    const parent = snapshot['parent-snapshot-id']
    if (!wanted(id)) continue
    rows.push({
      snapshotId: String(id),
      parentId: parent === undefined ? null : String(parent),
      sequenceNumber: snapshot['sequence-number'],
      operation: snapshot.summary.operation,
      schemaId: snapshot['schema-id'] ?? null,
      summary: JSON.stringify(snapshot.summary),
      ...(makers.get(id) ?? nobody),
    })
  }
  return rows
}

const nobody: SnapshotMaker = { rootId: null, taskRunId: null, loadId: null }

export function refsOf(metadata: TableMetadata): readonly LakeRefRecord[] {
  return Object.entries(metadata.refs ?? {}).map(([name, ref]) => {
    return { name, kind: ref.type, snapshotId: String(ref['snapshot-id']) }
  })
}
