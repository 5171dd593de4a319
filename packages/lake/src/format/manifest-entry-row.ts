import { toAvro } from './avro/iceberg-avro.ts'
import type { DataFile, ManifestEntry } from './manifest.ts'
import type { ManifestContent } from './manifest-file.ts'
import { metadataInvalid } from './metadata-invalid.ts'
import type { TypedPartitionField } from './partition-type.ts'

const statusNumbers = { existing: 0, added: 1, deleted: 2 } as const

/** An entry as the Avro writer takes it: in the order of `manifestEntrySchema`. */
export function entryRow(
  entry: ManifestEntry,
  manifest: ManifestContent,
  partition: readonly TypedPartitionField[],
): readonly unknown[] {
  const { status, file } = entry
  if (status !== 'added' && (entry.sequenceNumber === null || entry.fileSequenceNumber === null)) {
    throw metadataInvalid(`the file ${file.path} was there before and lacks its sequence number`)
  }
  if ((file.content === 0) !== (manifest.content === 'data')) {
    throw metadataInvalid(`the file ${file.path} does not belong into a manifest of ${manifest.content}`)
  }
  return [
    statusNumbers[status],
    entry.snapshotId ?? manifest.snapshotId,
    entry.sequenceNumber,
    entry.fileSequenceNumber,
    fileRow(file, partition),
  ]
}

function fileRow(file: DataFile, partition: readonly TypedPartitionField[]): readonly unknown[] {
  if (file.partition.length !== partition.length)
    throw metadataInvalid(`the file ${file.path} has another partition spec`)
  return [
    file.content,
    file.path,
    file.format,
    partition.map(({ type }, at) => toAvro(type, file.partition[at] ?? null)),
    file.records,
    file.size,
    pairs(file.columnSizes),
    pairs(file.valueCounts),
    pairs(file.nullCounts),
    pairs(file.nanCounts),
    pairs(file.lowerBounds),
    pairs(file.upperBounds),
    file.splitOffsets,
    file.equalityIds,
    file.sortOrderId,
  ]
}

function pairs(map: ReadonlyMap<number, unknown> | undefined): readonly unknown[] | undefined {
  return map === undefined ? undefined : [...map]
}
