import { manifestListKeyOf, urlOf } from '../catalog/lake-paths.ts'
import { encodeManifestList } from '../format/manifest-list.ts'
import type { ManifestEntry, ManifestFile } from '../format/manifest.ts'
import type { Snapshot, SnapshotSummary, TableMetadata } from '../format/table-metadata.ts'
import type { TableRequirement, TableUpdate } from '../format/table-update.ts'
import type { OpenLake } from './lake.ts'
import { schemaOf } from './resolve-version.ts'
import { writeManifest } from './write-manifest.ts'

/** A snapshot that holds new files only, in the place of what its branch holds. */
export interface Replacement {
  readonly directory: string
  /** With the schema that the new files have. */
  readonly metadata: TableMetadata
  readonly branch: string
  readonly snapshotId: bigint
  readonly manifests: readonly ManifestFile[]
  readonly summary: Readonly<Record<string, string>>
}

interface ReplacementChange {
  readonly requirements: readonly TableRequirement[]
  readonly updates: readonly TableUpdate[]
}

/**
 * Writes the manifest list of a replacement. What the branch held is listed as deleted, for readers that ask what a snapshot
 * changed. It holds only while the branch is as it was: `assert-ref-snapshot-id`.
 */
export async function replaceSnapshot(lake: OpenLake, replacement: Replacement): Promise<ReplacementChange> {
  const { directory, metadata, branch, snapshotId } = replacement
  const place = { location: metadata.location, directory }
  const parentId = metadata.refs?.[branch]?.['snapshot-id']
  const parent = metadata.snapshots?.find((snapshot) => snapshot['snapshot-id'] === parentId)
  const { gone, counts } = parent ? await removal(lake, replacement, parent) : { gone: [], counts: {} }
  const sequenceNumber = metadata['last-sequence-number'] + 1
  const key = manifestListKeyOf(directory, snapshotId, lake.platform.newId())
  const manifests = [...replacement.manifests, ...gone]
  await lake.storage.put(
    key,
    encodeManifestList({ snapshotId, parentSnapshotId: parent?.['snapshot-id'], sequenceNumber, manifests }),
  )
  const snapshot: Snapshot = {
    'snapshot-id': snapshotId,
    ...(parent && { 'parent-snapshot-id': parent['snapshot-id'] }),
    'sequence-number': sequenceNumber,
    'timestamp-ms': lake.platform.now(),
    'manifest-list': urlOf(place, key),
    summary: { ...summaryOf(replacement), ...counts, operation: parent ? 'overwrite' : 'append' },
    'schema-id': metadata['current-schema-id'],
  }
  return {
    requirements: [{ type: 'assert-ref-snapshot-id', ref: branch, 'snapshot-id': parentId ?? null }],
    updates: [
      { action: 'add-snapshot', snapshot },
      {
        action: 'set-snapshot-ref',
        'ref-name': branch,
        ...metadata.refs?.[branch],
        'snapshot-id': snapshotId,
        type: 'branch',
      },
    ],
  }
}

/** All of a snapshot's files as deleted, manifest by manifest. */
async function removal(
  lake: OpenLake,
  { directory, metadata, snapshotId }: Replacement,
  parent: Snapshot,
): Promise<{ readonly gone: readonly ManifestFile[]; readonly counts: Readonly<Record<string, string>> }> {
  const place = { location: metadata.location, directory }
  const gone: ManifestFile[] = []
  let files = 0
  let rows = 0
  for (const manifest of await lake.manifests.list(place, parent['manifest-list'])) {
    const entries = (await lake.manifests.entries(place, manifest)).flatMap((entry): readonly ManifestEntry[] =>
      entry.status === 'deleted' ? [] : [{ ...entry, status: 'deleted', snapshotId }],
    )
    if (entries.length === 0) continue
    files += entries.length
    if (manifest.content === 'data') rows += entries.reduce((sum, { file }) => sum + file.records, 0)
    const spec = metadata['partition-specs'].find((each) => each['spec-id'] === manifest.specId)
    const { content } = manifest
    gone.push(
      await writeManifest(lake.storage, lake.platform, {
        ...place,
        schema: schemaOf(metadata, undefined),
        spec: spec ?? { 'spec-id': manifest.specId, fields: [] },
        content,
        entries,
        snapshotId,
      }),
    )
  }
  return { gone, counts: { 'deleted-data-files': String(files), 'deleted-records': String(rows) } }
}

function summaryOf({ manifests, summary }: Replacement): SnapshotSummary {
  const files = String(manifests.reduce((sum, { addedFiles }) => sum + addedFiles, 0))
  const rows = String(manifests.reduce((sum, { addedRows }) => sum + addedRows, 0))
  return {
    ...summary,
    operation: 'overwrite',
    'added-data-files': files,
    'added-records': rows,
    'total-data-files': files,
    'total-records': rows,
    ...(summary['added-files-size'] !== undefined && { 'total-files-size': summary['added-files-size'] }),
    'total-delete-files': '0',
    'total-position-deletes': '0',
    'total-equality-deletes': '0',
  }
}
