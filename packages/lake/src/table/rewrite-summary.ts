import type { ManifestFile } from '../format/manifest.ts'
import type { Snapshot, SnapshotSummary } from '../format/table-metadata.ts'
import type { LeftManifests } from './remove-files.ts'
import type { SnapshotRewrite } from './rewrite-snapshot.ts'

/**
 * What a rewritten snapshot says of itself. Totals of files and rows are counted from its manifests; what those do not tell goes on from
 * the parent's, and is left out when the parent does not tell it.
 */
export function rewriteSummary(
  { operation, summary, added }: SnapshotRewrite,
  manifests: readonly ManifestFile[],
  { gone }: LeftManifests,
  parent: Snapshot | undefined,
): SnapshotSummary {
  const rows = gone.filter(({ file }) => file.content === 0)
  const deletes = gone.filter(({ file }) => file.content !== 0)
  const own: Readonly<Record<string, number | undefined>> = {
    'added-data-files': sum(added, ({ addedFiles }) => addedFiles),
    'added-records': sum(added, ({ addedRows }) => addedRows),
    'deleted-data-files': rows.length || undefined,
    'deleted-records': sum(rows, ({ file }) => file.records) || undefined,
    'removed-files-size': sum(gone, ({ file }) => file.size) || undefined,
    'removed-delete-files': deletes.length || undefined,
    'total-data-files': sum(ofContent('data', manifests), liveFiles),
    'total-records': sum(ofContent('data', manifests), ({ addedRows, existingRows }) => addedRows + existingRows),
    'total-delete-files': sum(ofContent('deletes', manifests), liveFiles),
  }
  const addedSize = added.length === 0 ? 0 : Number(summary['added-files-size'] ?? Number.NaN)
  const goneOn = {
    'total-files-size': addedSize - sum(gone, ({ file }) => file.size),
    'total-position-deletes': -deletedRows(gone, 1),
    'total-equality-deletes': -deletedRows(gone, 2),
  }
  const totals = Object.entries(goneOn).map(([name, change]) => [name, goOn(parent, name, change)] as const)
  return {
    ...summary,
    ...texts([...Object.entries(own), ...totals]),
    operation: parent ? operation : 'append',
  }
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0)
}

function ofContent(content: ManifestFile['content'], manifests: readonly ManifestFile[]): readonly ManifestFile[] {
  return manifests.filter((manifest) => manifest.content === content)
}

function liveFiles({ addedFiles, existingFiles }: ManifestFile): number {
  return addedFiles + existingFiles
}

function deletedRows(gone: LeftManifests['gone'], content: 1 | 2): number {
  return sum(
    gone.filter(({ file }) => file.content === content),
    ({ file }) => file.records,
  )
}

/** Of a first snapshot from nothing. */
function goOn(parent: Snapshot | undefined, name: string, change: number): number | undefined {
  const before = parent === undefined ? '0' : parent.summary[name]
  const after = Number(before ?? Number.NaN) + change
  return Number.isNaN(after) || after < 0 ? undefined : after
}

function texts(numbers: readonly (readonly [string, number | undefined])[]): Readonly<Record<string, string>> {
  return Object.fromEntries(numbers.flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])))
}
