import { manifestListKeyOf, urlOf } from '../catalog/lake-paths.ts'
import { commitConflict } from '../format/commit-errors.ts'
import { encodeManifestList } from '../format/manifest-list.ts'
import type { ManifestFile } from '../format/manifest.ts'
import type { Snapshot, SnapshotRef, TableMetadata } from '../format/table-metadata.ts'
import type { TableRequirement, TableUpdate } from '../format/table-update.ts'
import type { OpenLake } from './lake.ts'
import { removeFiles } from './remove-files.ts'
import { rewriteSummary } from './rewrite-summary.ts'

/** A snapshot that has other files in the place of some of those that its branch holds. */
export interface SnapshotRewrite {
  readonly directory: string
  /** As it is when the snapshot is added: with the schema that the new files have. */
  readonly metadata: TableMetadata
  /** One that is not there yet begins at what `main` holds. */
  readonly branch: string
  /** The branch begins anew at what this one holds, whatever it held itself. */
  readonly from?: 'main'
  readonly snapshotId: bigint
  /** Default: the metadata's current schema. */
  readonly schemaId?: number
  /** Paths of live files of rows, as manifests name them. `all`: whatever is there. */
  readonly removed: ReadonlySet<string> | 'all'
  /** Manifests of files that are in the storage. */
  readonly added: readonly ManifestFile[]
  readonly operation: 'append' | 'overwrite' | 'delete' | 'replace'
  /** What the writer adds; counts are added here. `added-files-size` is the writer's to tell. */
  readonly summary: Readonly<Record<string, string>>
}

/** What a commit needs to add the snapshot. */
export interface SnapshotChange {
  readonly requirements: readonly TableRequirement[]
  readonly updates: readonly TableUpdate[]
}

/**
 * Writes the manifest list of a rewritten snapshot. Manifests without a removed file stay as they are; of the others new ones are
 * written, in which every file keeps its sequence number: what other engines deleted from it by position stays deleted. The change
 * holds only while the branch is as it was (`assert-ref-snapshot-id`).
 *
 * Throws `LAKE_COMMIT_CONFLICT` when a removed file is not there any more: read again and plan again.
 */
export async function rewriteSnapshot(lake: OpenLake, rewrite: SnapshotRewrite): Promise<SnapshotChange> {
  const { directory, metadata, snapshotId, added } = rewrite
  const place = { location: metadata.location, directory }
  const { parent, ref, requirement } = baseOf(rewrite)
  const inherited = parent ? await lake.manifests.list(place, parent['manifest-list']) : []
  const left = await removeFiles(lake, rewrite, inherited)
  if (left.missing > 0) throw commitConflict(`${left.missing} files of ${rewrite.branch} have gone meanwhile`)
  const sequenceNumber = metadata['last-sequence-number'] + 1
  const manifests = [...added, ...left.manifests]
  const key = manifestListKeyOf(directory, snapshotId, lake.platform.newId())
  const parentSnapshotId = parent?.['snapshot-id']
  await lake.storage.put(key, encodeManifestList({ snapshotId, parentSnapshotId, sequenceNumber, manifests }))
  const snapshot: Snapshot = {
    'snapshot-id': snapshotId,
    ...(parentSnapshotId !== undefined && { 'parent-snapshot-id': parentSnapshotId }),
    'sequence-number': sequenceNumber,
    'timestamp-ms': lake.platform.now(),
    'manifest-list': urlOf(place, key),
    summary: rewriteSummary(rewrite, manifests, left, parent),
    'schema-id': rewrite.schemaId ?? metadata['current-schema-id'],
  }
  return {
    requirements: [requirement],
    updates: [
      { action: 'add-snapshot', snapshot },
      { action: 'set-snapshot-ref', 'ref-name': rewrite.branch, ...ref, 'snapshot-id': snapshotId },
    ],
  }
}

interface RewriteBase {
  readonly parent: Snapshot | undefined
  readonly ref: Omit<SnapshotRef, 'snapshot-id'>
  readonly requirement: TableRequirement
}

function baseOf({ metadata, branch, from }: SnapshotRewrite): RewriteBase {
  const own = refOf(metadata, branch)
  if (own?.type === 'tag') throw commitConflict(`${branch} is a tag`)
  const id = baseSnapshotId(metadata, branch, from)
  return {
    parent: metadata.snapshots?.find((snapshot) => snapshot['snapshot-id'] === id),
    ref: { ...own, type: 'branch' },
    requirement: { type: 'assert-ref-snapshot-id', ref: branch, 'snapshot-id': own?.['snapshot-id'] ?? null },
  }
}

/** The snapshot that a rewrite of a branch builds on: what it holds, or `main` while it is not there. */
export function baseSnapshotId(metadata: TableMetadata, branch: string, from?: 'main'): bigint | undefined {
  const ref = (from === undefined ? refOf(metadata, branch) : undefined) ?? refOf(metadata, 'main')
  return ref?.['snapshot-id']
}

function refOf({ refs }: TableMetadata, name: string): SnapshotRef | undefined {
  return refs !== undefined && Object.hasOwn(refs, name) ? refs[name] : undefined
}
