import type { LoadCounts } from '../catalog/lake-catalog.ts'
import type { Schema } from '../format/schema.ts'
import type { TableUpdate } from '../format/table-update.ts'
import type { RawPart } from '../raw/raw-part.ts'
import type { CursorState } from './cursor/cursor-state.ts'
import type { ColumnRewrite } from './load-request.ts'
import type { SchemaChange } from './schema-change.ts'

/**
 * A source whose rows are ready to be written: what ingestion hands to the table. `writePrepared` writes it.
 *
 * A first one is hopeful: its `select` reads the source once, strictly, and throws at the first value that does not fit. Then
 * {@link recover} looks closer and gives another one.
 */
export interface LoadToWrite extends AsyncDisposable {
  /** The schema that the rows have: the table's, or what it becomes. New fields carry ids above the table's last one. */
  readonly schema: Schema
  /** The highest id that is taken when the table has this schema. */
  readonly lastColumnId: number
  /** What makes the table's schema this one; empty when it is, and for a table that is to be made. */
  readonly schemaUpdates: readonly TableUpdate[]
  readonly change: SchemaChange
  /** Columns of which the table's files are to be written anew, in the same commit. */
  readonly rewritten: readonly ColumnRewrite[]
  /** One SELECT of rows that fit, columns as in {@link schema}. */
  readonly select: string
  /** Columns of {@link select} that may be dictionaries (ENUM), and all texts that are in them. */
  readonly dictionaries: ReadonlyMap<string, readonly string[]>
  /** One SELECT of rows that do not, columns as in `quarantineSchema`; undefined: none. */
  readonly rejected: string | undefined
  /** What the ledger and the summary say of the source, safe to print. */
  readonly source: string
  /** What is known of the source's bytes afterwards, and where they are kept. */
  readonly raw: readonly RawPart[]
  /** Hashes of contents, or paths: for `once`. */
  readonly files: readonly string[]
  /** Where the load's cursor stands then; undefined: it has none, or was not moved. */
  readonly cursor?: CursorState
  /** The same source, looked at closer, after a write of {@link select} threw `cause` or gave another number of rows. */
  readonly recover?: (cause: unknown) => Promise<AnyPreparedLoad>
}

/** One whose records are known: counted by ourselves, not by what reads them. */
export interface PreparedLoad extends LoadToWrite {
  readonly counts: LoadCounts
}

/** One whose records are counted while its rows are written. */
export interface UncountedLoad extends LoadToWrite {
  /**
   * Asked once, when the write has begun. Undefined: the source is not what `select` takes it for, and what was written must be given up; a statement that
   * still writes it has been ended.
   */
  readonly count: () => Promise<LoadCounts | undefined>
}

export type AnyPreparedLoad = PreparedLoad | UncountedLoad
