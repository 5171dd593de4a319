import { compareValues } from './compare-values.ts'
import type { ManifestContent } from './manifest-file.ts'
import type { ManifestEntry, ManifestFile, PartitionSummary, PartitionValue } from './manifest.ts'
import { partitionFields, type TypedPartitionField } from './partition-type.ts'
import { encodeSingleValue } from './single-value.ts'

/** The sequence number of a manifest that no snapshot has yet: `encodeManifestList` puts its own in. */
export const unassigned = -1

/** What a manifest list says of a manifest: counts by status, and what its files' partitions span. */
export function summarizeManifest(
  manifest: ManifestContent & { readonly path: string; readonly length: number },
): ManifestFile {
  const { path, length, schema, spec, content, entries, snapshotId } = manifest
  const of = (status: ManifestEntry['status']): readonly ManifestEntry[] =>
    entries.filter((entry) => entry.status === status)
  const [added, existing, deleted] = [of('added'), of('existing'), of('deleted')]
  return {
    path,
    length,
    specId: spec['spec-id'],
    content,
    sequenceNumber: unassigned,
    minSequenceNumber: lowestNumber([...added, ...existing]),
    addedSnapshotId: snapshotId,
    addedFiles: added.length,
    existingFiles: existing.length,
    deletedFiles: deleted.length,
    addedRows: rowsOf(added),
    existingRows: rowsOf(existing),
    deletedRows: rowsOf(deleted),
    // Of deleted files too: readers that look for what a snapshot deleted go by the same summary.
    partitions: partitionFields(spec, schema).map((field, at) => summaryOf(field, entries, at)),
  }
}

/** Of the files that have one; the others get the snapshot's, which is higher. */
function lowestNumber(live: readonly ManifestEntry[]): number {
  return live.reduce((lowest, { sequenceNumber }) => {
    if (sequenceNumber === null) return lowest
    return lowest === unassigned ? sequenceNumber : Math.min(lowest, sequenceNumber)
  }, unassigned)
}

function rowsOf(entries: readonly ManifestEntry[]): number {
  return entries.reduce((sum, { file }) => sum + file.records, 0)
}

function summaryOf({ type }: TypedPartitionField, entries: readonly ManifestEntry[], at: number): PartitionSummary {
  let [containsNull, containsNan] = [false, false]
  let lowest: PartitionValue = null
  let highest: PartitionValue = null
  for (const { file } of entries) {
    const value = file.partition[at] ?? null
    if (value === null) containsNull = true
    else if (Number.isNaN(value)) containsNan = true
    else {
      if (lowest === null || compareValues(value, lowest) < 0) lowest = value
      if (highest === null || compareValues(value, highest) > 0) highest = value
    }
  }
  const contains = { containsNull, containsNan }
  if (lowest === null || highest === null) return contains
  // Whole, not cut: a summary without bounds says that there are no values. Zeros may be of either sign in their files.
  const isFloat = type === 'float' || type === 'double'
  const lower = encodeSingleValue(type, isFloat && lowest === 0 ? -0 : lowest)
  const upper = encodeSingleValue(type, isFloat && highest === 0 ? 0 : highest)
  return { ...contains, lower, upper }
}
