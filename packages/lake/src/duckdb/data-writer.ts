import type { DataFile } from '../format/manifest.ts'
import type { Schema } from '../format/schema.ts'
import type { PartitionSpec } from '../format/table-metadata.ts'

/** Rows on their way into a table. */
export interface RowsToWrite {
  /** One SELECT whose columns are those of the schema, by name and with DuckDB's type for the column's. */
  readonly select: string
  readonly schema: Schema
  readonly spec: PartitionSpec
  /** The key of the table's directory: files go into `data/` there. */
  readonly directory: string
}

export interface WrittenRows {
  /** With partition values, statistics and bounds; staged and already put into the storage. */
  readonly files: readonly DataFile[]
  readonly rows: number
}
