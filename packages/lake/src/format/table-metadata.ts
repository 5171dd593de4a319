import type { Schema } from './schema.ts'

/**
 * A table's metadata file (Iceberg, format version 2, "Table Metadata Fields"), with the names that it has there.
 *
 * Ids of snapshots have 63 bits: more than a JavaScript number holds, so they are `bigint` here and written as plain JSON
 * numbers. Everything else that is a long in the specification stays far below 2^53 and is a number.
 */
export interface TableMetadata {
  readonly 'format-version': 2
  readonly 'table-uuid': string
  /** Absolute URL of the table's directory, without a slash at its end. */
  readonly location: string
  readonly 'last-sequence-number': number
  readonly 'last-updated-ms': number
  readonly 'last-column-id': number
  readonly schemas: readonly Schema[]
  readonly 'current-schema-id': number
  readonly 'partition-specs': readonly PartitionSpec[]
  readonly 'default-spec-id': number
  readonly 'last-partition-id': number
  readonly 'sort-orders': readonly SortOrder[]
  readonly 'default-sort-order-id': number
  readonly properties?: Readonly<Record<string, string>>
  /** Absent: no snapshot yet. */
  readonly 'current-snapshot-id'?: bigint
  readonly refs?: Readonly<Record<string, SnapshotRef>>
  readonly snapshots?: readonly Snapshot[]
  readonly 'snapshot-log'?: readonly SnapshotLogEntry[]
  readonly 'metadata-log'?: readonly MetadataLogEntry[]
}

export interface PartitionSpec {
  readonly 'spec-id': number
  readonly fields: readonly PartitionField[]
}

export interface PartitionField {
  readonly 'source-id': number
  /** From 1000 on. */
  readonly 'field-id': number
  readonly name: string
  readonly transform: Transform
}

/** How a partition's value comes from a column's ("Partition Transforms"). */
export type Transform =
  | 'identity'
  | 'year'
  | 'month'
  | 'day'
  | 'hour'
  | 'void'
  | `bucket[${number}]`
  | `truncate[${number}]`

export interface SortOrder {
  readonly 'order-id': number
  readonly fields: readonly SortField[]
}

export interface SortField {
  readonly transform: Transform
  readonly 'source-id': number
  readonly direction: 'asc' | 'desc'
  readonly 'null-order': 'nulls-first' | 'nulls-last'
}

export interface SnapshotRef {
  readonly 'snapshot-id': bigint
  readonly type: 'branch' | 'tag'
  readonly 'min-snapshots-to-keep'?: number
  readonly 'max-snapshot-age-ms'?: number
  readonly 'max-ref-age-ms'?: number
}

export interface Snapshot {
  readonly 'snapshot-id': bigint
  readonly 'parent-snapshot-id'?: bigint
  readonly 'sequence-number': number
  readonly 'timestamp-ms': number
  /** Absolute URL. */
  readonly 'manifest-list': string
  readonly summary: SnapshotSummary
  readonly 'schema-id'?: number
}

/** Counts are decimal texts, as the specification wants them. */
export interface SnapshotSummary extends Readonly<Record<string, string>> {
  readonly operation: 'append' | 'replace' | 'overwrite' | 'delete'
}

export interface SnapshotLogEntry {
  readonly 'snapshot-id': bigint
  readonly 'timestamp-ms': number
}

export interface MetadataLogEntry {
  readonly 'metadata-file': string
  readonly 'timestamp-ms': number
}
