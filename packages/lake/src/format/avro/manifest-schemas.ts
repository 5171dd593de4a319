import type { TypedPartitionField } from '../partition-type.ts'
import { type AvroField, type AvroRecord, type AvroSchema, optional } from './avro-schema.ts'
import { avroName, avroOf } from './iceberg-avro.ts'

/** The Avro schema of a manifest's entries, whose partitions have these fields (Iceberg v2, "Manifests"). */
export function manifestEntrySchema(partition: readonly TypedPartitionField[]): AvroRecord {
  return record('manifest_entry', [
    field(0, 'status', 'int'),
    maybe(1, 'snapshot_id', 'long'),
    maybe(3, 'sequence_number', 'long'),
    maybe(4, 'file_sequence_number', 'long'),
    field(2, 'data_file', dataFileSchema(partition)),
  ])
}

/** In the order that `manifest-rows.ts` writes. */
function dataFileSchema(partition: readonly TypedPartitionField[]): AvroRecord {
  return record('r2', [
    field(134, 'content', 'int'),
    field(100, 'file_path', 'string'),
    field(101, 'file_format', 'string'),
    field(102, 'partition', partitionSchema(partition)),
    field(103, 'record_count', 'long'),
    field(104, 'file_size_in_bytes', 'long'),
    maybe(108, 'column_sizes', intMap(117, 118, 'long')),
    maybe(109, 'value_counts', intMap(119, 120, 'long')),
    maybe(110, 'null_value_counts', intMap(121, 122, 'long')),
    maybe(137, 'nan_value_counts', intMap(138, 139, 'long')),
    maybe(125, 'lower_bounds', intMap(126, 127, 'bytes')),
    maybe(128, 'upper_bounds', intMap(129, 130, 'bytes')),
    maybe(132, 'split_offsets', { type: 'array', items: 'long', 'element-id': 133 }),
    maybe(135, 'equality_ids', { type: 'array', items: 'int', 'element-id': 136 }),
    maybe(140, 'sort_order_id', 'int'),
  ])
}

function partitionSchema(partition: readonly TypedPartitionField[]): AvroRecord {
  const fields = partition.map(({ field: { 'field-id': id, name }, type }) =>
    maybe(id, avroName(name), avroOf(type, id)),
  )
  return record('r102', fields)
}

/** The Avro schema of a manifest list's entries ("Manifest Lists"). In the order that `manifest-list.ts` writes. */
export const manifestListSchema: AvroRecord = record('manifest_file', [
  field(500, 'manifest_path', 'string'),
  field(501, 'manifest_length', 'long'),
  field(502, 'partition_spec_id', 'int'),
  field(517, 'content', 'int'),
  field(515, 'sequence_number', 'long'),
  field(516, 'min_sequence_number', 'long'),
  field(503, 'added_snapshot_id', 'long'),
  field(504, 'added_files_count', 'int'),
  field(505, 'existing_files_count', 'int'),
  field(506, 'deleted_files_count', 'int'),
  field(512, 'added_rows_count', 'long'),
  field(513, 'existing_rows_count', 'long'),
  field(514, 'deleted_rows_count', 'long'),
  maybe(507, 'partitions', {
    type: 'array',
    'element-id': 508,
    items: record('r508', [
      field(509, 'contains_null', 'boolean'),
      maybe(518, 'contains_nan', 'boolean'),
      maybe(510, 'lower_bound', 'bytes'),
      maybe(511, 'upper_bound', 'bytes'),
    ]),
  }),
])

function record(name: string, fields: readonly AvroField[]): AvroRecord {
  return { type: 'record', name, fields }
}

function field(id: number, name: string, type: AvroSchema): AvroField {
  return { name, type, 'field-id': id }
}

function maybe(id: number, name: string, type: AvroSchema): AvroField {
  return { name, type: optional(type), default: null, 'field-id': id }
}

/** A map whose keys are numbers: Avro's maps have only text, so it is a list of pairs. */
function intMap(keyId: number, valueId: number, value: AvroSchema): AvroSchema {
  return {
    type: 'array',
    logicalType: 'map',
    items: record(`k${keyId}_v${valueId}`, [field(keyId, 'key', 'int'), field(valueId, 'value', value)]),
  }
}
