import { commitConflict, commitInvalid } from '../format/commit-errors.ts'
import type { ManifestFile } from '../format/manifest.ts'
import { unassigned } from '../format/summarize-manifest.ts'
import type { Snapshot, SnapshotRef, SnapshotSummary, TableMetadata } from '../format/table-metadata.ts'
import type { AppendChange } from './lake-catalog.ts'

/** The snapshot that an append makes on top of what its branch holds, and the manifests that the snapshot consists of. */
export interface AppendPlan {
  readonly snapshot: Omit<Snapshot, 'manifest-list' | 'timestamp-ms'>
  readonly ref: SnapshotRef
  readonly manifests: readonly ManifestFile[]
}

/** The snapshot that an append builds on; undefined: it is the first. Throws `LAKE_COMMIT_CONFLICT` for a branch that is not there. */
export function parentOf(metadata: TableMetadata, { branch: own, from }: AppendChange): Snapshot | undefined {
  if (metadata.refs?.[own]?.type === 'tag') throw commitConflict(`${own} is a tag`)
  const branch = from ?? own
  const ref = metadata.refs?.[branch]
  if (ref === undefined) {
    if (branch === 'main') return undefined
    throw commitConflict(`the branch ${branch} does not exist`)
  }
  if (ref.type !== 'branch') throw commitConflict(`${branch} is a tag`)
  return metadata.snapshots?.find((snapshot) => snapshot['snapshot-id'] === ref['snapshot-id'])
}

/** Adds the append's manifests to those of its parent. Throws `LAKE_COMMIT_INVALID` for manifests of a spec that is not there. */
export function planAppend(
  metadata: TableMetadata,
  append: AppendChange,
  inherited: readonly ManifestFile[],
): AppendPlan {
  const parent = parentOf(metadata, append)
  const sequenceNumber = metadata['last-sequence-number'] + 1
  const specs = new Set(metadata['partition-specs'].map((spec) => spec['spec-id']))
  const added = append.manifests.map((manifest) => {
    if (!specs.has(manifest.specId)) throw commitInvalid(`the partition spec ${manifest.specId} is not there`)
    if (manifest.addedSnapshotId !== append.snapshotId) throw commitInvalid('a manifest is of another snapshot')
    return { ...manifest, ...numbersOf(manifest, sequenceNumber) }
  })
  const numbered = inherited.map((manifest) =>
    // One that was merged for this snapshot.
    manifest.sequenceNumber === unassigned ? { ...manifest, ...numbersOf(manifest, sequenceNumber) } : manifest,
  )
  return {
    snapshot: {
      'snapshot-id': append.snapshotId,
      ...(parent && { 'parent-snapshot-id': parent['snapshot-id'] }),
      'sequence-number': sequenceNumber,
      summary: summaryOf(append, added, parent?.summary),
      'schema-id': append.schemaId,
    },
    ref: { ...metadata.refs?.[append.branch], 'snapshot-id': append.snapshotId, type: 'branch' },
    manifests: [...added, ...numbered],
  }
}

function numbersOf({ sequenceNumber, minSequenceNumber }: ManifestFile, own: number): Partial<ManifestFile> {
  const given = (number: number): number => (number === unassigned ? own : number)
  return { sequenceNumber: given(sequenceNumber), minSequenceNumber: given(minSequenceNumber) }
}

/** Totals that go on from the parent's: of one that does not tell them, they are left out. */
const totals = [
  ['total-data-files', 'added-data-files'],
  ['total-records', 'added-records'],
  ['total-files-size', 'added-files-size'],
  ['total-delete-files', ''],
  ['total-position-deletes', ''],
  ['total-equality-deletes', ''],
] as const

function summaryOf(
  append: AppendChange,
  added: readonly ManifestFile[],
  parent: SnapshotSummary | undefined,
): SnapshotSummary {
  const count = (of: (manifest: ManifestFile) => number): string =>
    String(added.reduce((sum, manifest) => sum + of(manifest), 0))
  const counts: Record<string, string> = {
    ...append.summary,
    'added-data-files': count(({ addedFiles }) => addedFiles),
    'added-records': count(({ addedRows }) => addedRows),
  }
  for (const [total, change] of totals) {
    const before = parent === undefined ? '0' : parent[total]
    const plus = change === '' ? '0' : counts[change]
    if (before !== undefined && plus !== undefined) counts[total] = String(BigInt(before) + BigInt(plus))
    else delete counts[total]
  }
  return { ...counts, operation: append.summary.operation }
}
