import type { AvroSchema } from './avro/avro-schema.ts'
import { fromAvro } from './avro/iceberg-avro.ts'
import { RecordView, safeCount } from './avro/record-view.ts'
import type { DataFile, ManifestEntry, ManifestFile, PartitionValue } from './manifest.ts'
import { metadataInvalid } from './metadata-invalid.ts'

const statuses = ['existing', 'added', 'deleted'] as const

/** Compiles the reader of a manifest's entries, by field ids. */
export function entryReader(
  schema: AvroSchema,
  specFields: readonly number[] | undefined,
  manifest: ManifestFile,
): (record: unknown) => ManifestEntry {
  const entry = new RecordView(schema)
  const status = entry.count(0, 'status')
  const snapshotId = entry.optional<number | bigint>(1)
  const sequenceNumber = entry.optional<number | bigint>(3)
  const fileSequenceNumber = entry.optional<number | bigint>(4)
  const dataFile = entry.required<unknown>(2, 'data_file')
  const readFile = dataFileReader(entry.view(2, 'data_file'), specFields)
  return (record) => {
    const kind = statuses[status(record)]
    if (kind === undefined) throw metadataInvalid(`a file of the manifest has the status ${status(record)}`)
    const inherit = (own: number | bigint | undefined): number => {
      if (own !== undefined) return safeCount(own, 'sequence_number')
      // Version 1 had none: everything in it counts as 0, and its manifests do too.
      if (kind === 'added' || manifest.sequenceNumber === 0) return manifest.sequenceNumber
      throw metadataInvalid('a file of the manifest was there before and lacks its sequence number')
    }
    return {
      status: kind,
      snapshotId: BigInt(snapshotId(record) ?? manifest.addedSnapshotId),
      sequenceNumber: inherit(sequenceNumber(record)),
      fileSequenceNumber: inherit(fileSequenceNumber(record)),
      file: readFile(dataFile(record)),
    }
  }
}

function dataFileReader(view: RecordView, specFields: readonly number[] | undefined): (record: unknown) => DataFile {
  const content = view.optional<number>(134)
  const path = view.required<string>(100, 'file_path')
  const format = view.required<string>(101, 'file_format')
  const partition = partitionReader(view, specFields)
  const records = view.count(103, 'record_count')
  const size = view.count(104, 'file_size_in_bytes')
  const rest = optionalParts(view)
  return (record) => ({
    content: contentOf(content(record) ?? 0),
    path: path(record),
    format: formatOf(format(record)),
    partition: partition(record),
    records: records(record),
    size: size(record),
    ...rest(record),
  })
}

type OptionalPart = Exclude<keyof DataFile, 'content' | 'path' | 'format' | 'partition' | 'records' | 'size'>

/** By id; maps with the ids of their keys and values. */
const optionalIds: readonly (readonly [OptionalPart, number, key?: number, value?: number])[] = [
  ['columnSizes', 108, 117, 118],
  ['valueCounts', 109, 119, 120],
  ['nullCounts', 110, 121, 122],
  ['nanCounts', 137, 138, 139],
  ['lowerBounds', 125, 126, 127],
  ['upperBounds', 128, 129, 130],
  ['splitOffsets', 132],
  ['equalityIds', 135],
  ['sortOrderId', 140],
]

/** Statistics that a file may lack. */
function optionalParts(view: RecordView): (record: unknown) => Partial<DataFile> {
  const parts = optionalIds.map(([name, id, key, value]) => {
    const items = key === undefined ? undefined : view.items(id)
    return {
      name,
      read: view.optional<unknown>(id),
      convert: items === undefined ? asIs : mapReader(items, key, value),
    }
  })
  return (record) => {
    const found: Partial<Record<OptionalPart, unknown>> = {}
    for (const { name, read, convert } of parts) {
      const value = read(record)
      if (value !== undefined) found[name] = convert(value)
    }
    return found as Partial<DataFile>
  }
}

/** A list of pairs, in whichever order its writer has key and value. */
function mapReader(items: RecordView, keyId = 0, valueId = 0): (value: unknown) => ReadonlyMap<number, unknown> {
  const key = items.required<number>(keyId, 'key')
  const value = items.required<unknown>(valueId, 'value')
  return (list) => {
    if (list instanceof Map) return list as ReadonlyMap<number, unknown>
    const map = new Map<number, unknown>()
    for (const pair of list as readonly unknown[]) map.set(key(pair), value(pair))
    return map
  }
}

function asIs(value: unknown): unknown {
  return value
}

/** Values in the order of the spec's fields. */
function partitionReader(
  view: RecordView,
  specFields: readonly number[] | undefined,
): (record: unknown) => readonly PartitionValue[] {
  const partition = view.optional<unknown>(102)
  if (view.schemaOf(102) === undefined) return () => []
  const own = view.view(102, 'partition')
  const fields = (specFields ?? own.ids).map((id) => {
    const convert = fromAvro(own.schemaOf(id) ?? 'null')
    const read = own.optional<unknown>(id)
    return (record: unknown) => convert(read(record) ?? null)
  })
  return (record) => {
    const values = partition(record)
    return fields.map((read) => read(values ?? []))
  }
}

function contentOf(number: number): 0 | 1 | 2 {
  if (number === 0 || number === 1 || number === 2) return number
  throw metadataInvalid(`a file of the manifest has the content ${number}`)
}

function formatOf(text: string): 'PARQUET' {
  if (text.toUpperCase() === 'PARQUET') return 'PARQUET'
  throw metadataInvalid(`files of the format ${text} are not supported`)
}
