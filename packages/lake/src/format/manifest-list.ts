import { readContainer, writeContainer } from './avro/container.ts'
import { manifestListSchema } from './avro/manifest-schemas.ts'
import { RecordView, safeCount } from './avro/record-view.ts'
import type { ManifestFile, PartitionSummary } from './manifest.ts'
import { metadataInvalid } from './metadata-invalid.ts'
import { unassigned } from './summarize-manifest.ts'

/** What a snapshot consists of. */
export interface ManifestListContent {
  readonly snapshotId: bigint
  readonly parentSnapshotId: bigint | undefined
  readonly sequenceNumber: number
  readonly manifests: readonly ManifestFile[]
}

/**
 * The bytes of a manifest list. Manifests that this snapshot adds get its sequence number here, and so do, by inheritance,
 * the files in them: a commit that lost a race writes only this file again.
 *
 * @throws SluiceError `LAKE_METADATA_INVALID` when a manifest of another snapshot has no sequence number.
 */
export function encodeManifestList(list: ManifestListContent): Uint8Array {
  const header = new Map([
    ['snapshot-id', String(list.snapshotId)],
    ['parent-snapshot-id', list.parentSnapshotId === undefined ? 'null' : String(list.parentSnapshotId)],
    ['sequence-number', String(list.sequenceNumber)],
    ['format-version', '2'],
  ])
  return writeContainer(
    manifestListSchema,
    header,
    list.manifests.map((manifest) => manifestRow(manifest, list)),
  )
}

function manifestRow(manifest: ManifestFile, list: ManifestListContent): readonly unknown[] {
  const assign = (own: number): number => {
    if (own !== unassigned) return own
    if (manifest.addedSnapshotId === list.snapshotId) return list.sequenceNumber
    throw metadataInvalid(`the manifest ${manifest.path} is of another snapshot and lacks its sequence number`)
  }
  return [
    manifest.path,
    manifest.length,
    manifest.specId,
    manifest.content === 'data' ? 0 : 1,
    assign(manifest.sequenceNumber),
    assign(manifest.minSequenceNumber),
    manifest.addedSnapshotId,
    manifest.addedFiles,
    manifest.existingFiles,
    manifest.deletedFiles,
    manifest.addedRows,
    manifest.existingRows,
    manifest.deletedRows,
    manifest.partitions.map(({ containsNull, containsNan, lower, upper }) => [containsNull, containsNan, lower, upper]),
  ]
}

/**
 * The manifests of a list of any writer.
 *
 * @throws SluiceError `LAKE_METADATA_INVALID`
 */
export function decodeManifestList(bytes: Uint8Array): readonly ManifestFile[] {
  const { schema, records } = readContainer(bytes)
  const read = manifestReader(new RecordView(schema))
  return records.map((record) => read(record))
}

function manifestReader(view: RecordView): (record: unknown) => ManifestFile {
  const path = view.required<string>(500, 'manifest_path')
  const addedSnapshotId = view.required<number | bigint>(503, 'added_snapshot_id')
  const content = view.optional<number>(517)
  const partitions = summariesReader(view)
  const number = (id: number, name: string): ((record: unknown) => number) => {
    // Not written by version 1: 0 there.
    const read = view.optional<number | bigint>(id)
    return (record) => safeCount(read(record) ?? 0, name)
  }
  const length = number(501, 'manifest_length')
  const specId = number(502, 'partition_spec_id')
  const sequenceNumber = number(515, 'sequence_number')
  const minSequenceNumber = number(516, 'min_sequence_number')
  const [addedFiles, existingFiles, deletedFiles] = [504, 505, 506].map((id) => number(id, 'files_count'))
  const [addedRows, existingRows, deletedRows] = [512, 513, 514].map((id) => number(id, 'rows_count'))
  return (record) => ({
    path: path(record),
    length: length(record),
    specId: specId(record),
    content: content(record) === 1 ? 'deletes' : 'data',
    sequenceNumber: sequenceNumber(record),
    minSequenceNumber: minSequenceNumber(record),
    addedSnapshotId: BigInt(addedSnapshotId(record)),
    addedFiles: addedFiles?.(record) ?? 0,
    existingFiles: existingFiles?.(record) ?? 0,
    deletedFiles: deletedFiles?.(record) ?? 0,
    addedRows: addedRows?.(record) ?? 0,
    existingRows: existingRows?.(record) ?? 0,
    deletedRows: deletedRows?.(record) ?? 0,
    partitions: partitions(record),
  })
}

function summariesReader(view: RecordView): (record: unknown) => readonly PartitionSummary[] {
  const list = view.optional<readonly unknown[]>(507)
  const items = view.items(507)
  if (items === undefined) return () => []
  const containsNull = items.required<boolean>(509, 'contains_null')
  const containsNan = items.optional<boolean>(518)
  const lower = items.optional<Uint8Array>(510)
  const upper = items.optional<Uint8Array>(511)
  const read = (record: unknown): PartitionSummary => {
    const [nan, low, high] = [containsNan(record), lower(record), upper(record)]
    return {
      containsNull: containsNull(record),
      ...(nan === undefined ? {} : { containsNan: nan }),
      ...(low === undefined ? {} : { lower: low }),
      ...(high === undefined ? {} : { upper: high }),
    }
  }
  return (record) => list(record)?.map(read) ?? []
}
