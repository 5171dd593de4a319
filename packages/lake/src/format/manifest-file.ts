import { readContainer, writeContainer } from './avro/container.ts'
import { manifestEntrySchema } from './avro/manifest-schemas.ts'
import { entryReader } from './manifest-entry-reader.ts'
import { entryRow } from './manifest-entry-row.ts'
import type { ManifestEntry, ManifestFile } from './manifest.ts'
import { metadataInvalid } from './metadata-invalid.ts'
import { partitionFields } from './partition-type.ts'
import type { Schema } from './schema.ts'
import type { PartitionSpec } from './table-metadata.ts'

/** What goes into one manifest: files of one partition spec, all data or all deletes. */
export interface ManifestContent {
  /** Has the columns that the spec's fields come from: of a spec whose column is gone, the schema that had it. */
  readonly schema: Schema
  readonly spec: PartitionSpec
  readonly content: 'data' | 'deletes'
  readonly entries: readonly ManifestEntry[]
  /** The snapshot that adds the manifest: that of entries without one. */
  readonly snapshotId: bigint
}

/**
 * The bytes of a manifest. Added files may lack sequence numbers, which they inherit from the manifest list: so a manifest is
 * written once, however often its commit has to be repeated. Files that were there before must have theirs.
 *
 * @throws SluiceError `LAKE_METADATA_INVALID` when a file that is not added has no sequence numbers.
 */
export function encodeManifest(manifest: ManifestContent): Uint8Array {
  const { schema, spec, content, entries } = manifest
  const partition = partitionFields(spec, schema)
  for (const { field, source } of partition) {
    if (source === undefined && field.transform !== 'void') {
      throw metadataInvalid(`the schema lacks the column of the partition field ${JSON.stringify(field.name)}`)
    }
  }
  const header = new Map([
    ['schema', JSON.stringify(schema)],
    ['schema-id', String(schema['schema-id'])],
    ['partition-spec', JSON.stringify(spec.fields)],
    ['partition-spec-id', String(spec['spec-id'])],
    ['format-version', '2'],
    ['content', content],
  ])
  const rows = entries.map((entry) => entryRow(entry, manifest, partition))
  return writeContainer(manifestEntrySchema(partition), header, rows)
}

/**
 * The entries of a manifest of any writer, with what they inherit from the manifest list's entry filled in.
 *
 * @throws SluiceError `LAKE_METADATA_INVALID`
 */
export function decodeManifest(bytes: Uint8Array, manifest: ManifestFile): readonly ManifestEntry[] {
  const { schema, metadata, records } = readContainer(bytes)
  const read = entryReader(schema, specFieldIds(metadata.get('partition-spec')), manifest)
  return records.map((record) => read(record))
}

/** The ids of the spec's fields in their order; undefined: the header does not tell, the record's own order holds. */
function specFieldIds(text: string | undefined): readonly number[] | undefined {
  if (text === undefined) return undefined
  const fields = parsed(text)
  if (!Array.isArray(fields)) throw metadataInvalid('the partition spec of the manifest is no list')
  // Version 1 allowed fields without ids: they count from 1000.
  return fields.map((field: { readonly 'field-id'?: number } | null, at) => field?.['field-id'] ?? 1_000 + at)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw metadataInvalid('the partition spec of the manifest is no JSON', error)
  }
}
