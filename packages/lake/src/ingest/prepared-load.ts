import type { LoadCounts } from '../catalog/lake-catalog.ts'
import type { Schema } from '../format/schema.ts'
import type { TableUpdate } from '../format/table-update.ts'
import type { SchemaChange } from './schema-change.ts'

/** A source whose rows are ready to be written: what ingestion hands to the table. */
export interface PreparedLoad extends AsyncDisposable {
  /** The schema that the rows have: the table's, or what it becomes. New fields carry ids above the table's last one. */
  readonly schema: Schema
  /** What makes the table's schema this one; empty when it is. */
  readonly schemaUpdates: readonly TableUpdate[]
  readonly change: SchemaChange
  /** One SELECT of rows that fit, columns as in {@link schema}. */
  readonly select: string
  /** One SELECT of rows that do not, columns as {@link quarantineSchema}; undefined: none. */
  readonly rejected: string | undefined
  readonly counts: LoadCounts
  /** What the ledger and the summary say of the source, safe to print. */
  readonly source: string
  /** Hashes of contents, or paths: for `once`. */
  readonly files: readonly string[]
  readonly cursor?: unknown
}
