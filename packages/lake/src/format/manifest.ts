/** One value of a partition, or one bound of a column, in the form that JavaScript computes with. */
export type PartitionValue = null | boolean | number | bigint | string | Uint8Array

/** A data file, as a manifest tells of it (Iceberg v2, "Manifests", struct `data_file`). */
export interface DataFile {
  /** 0: rows. 1: position deletes, 2: equality deletes (read, never written by Sluice). */
  readonly content: 0 | 1 | 2
  /** Absolute URL. */
  readonly path: string
  readonly format: 'PARQUET'
  /** In the order of the spec's fields. */
  readonly partition: readonly PartitionValue[]
  readonly records: number
  /** In bytes. */
  readonly size: number
  /** Each by field id; a column that is missing has no such statistic, which is always legal. */
  readonly columnSizes?: ReadonlyMap<number, number>
  readonly valueCounts?: ReadonlyMap<number, number>
  readonly nullCounts?: ReadonlyMap<number, number>
  readonly nanCounts?: ReadonlyMap<number, number>
  /** In the binary form of single values (appendix D). */
  readonly lowerBounds?: ReadonlyMap<number, Uint8Array>
  readonly upperBounds?: ReadonlyMap<number, Uint8Array>
  readonly splitOffsets?: readonly number[]
  readonly equalityIds?: readonly number[]
  readonly sortOrderId?: number
}

export interface ManifestEntry {
  readonly status: 'existing' | 'added' | 'deleted'
  /** Null: inherited from the manifest list's entry. */
  readonly snapshotId: bigint | null
  readonly sequenceNumber: number | null
  readonly fileSequenceNumber: number | null
  readonly file: DataFile
}

/** A manifest, as a manifest list tells of it ("Manifest Lists", struct `manifest_file`). */
export interface ManifestFile {
  /** Absolute URL. */
  readonly path: string
  /** In bytes. */
  readonly length: number
  readonly specId: number
  readonly content: 'data' | 'deletes'
  /** Of a manifest that no snapshot has yet: −1, and set when the list is written. */
  readonly sequenceNumber: number
  /** The lowest data sequence number of its live files. */
  readonly minSequenceNumber: number
  readonly addedSnapshotId: bigint
  readonly addedFiles: number
  readonly existingFiles: number
  readonly deletedFiles: number
  readonly addedRows: number
  readonly existingRows: number
  readonly deletedRows: number
  /** In the order of the spec's fields. */
  readonly partitions: readonly PartitionSummary[]
}

export interface PartitionSummary {
  readonly containsNull: boolean
  readonly containsNan?: boolean
  readonly lower?: Uint8Array
  readonly upper?: Uint8Array
}
