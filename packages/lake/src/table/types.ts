import type { Check } from '../checks/check-spec.ts'
import type { Cursor } from '../ingest/cursor/cursor.ts'
import type { CacheVersioned, InferOutput, StandardSchema } from '@sluice/engine'
import type { FilesSource, SqlSource } from '../ingest/source/lazy-source.ts'
import type { RawLoad } from '../raw/raw-load.ts'
import type { RawMode } from '../raw/raw-part.ts'
import type { ReplayOptions } from '../ingest/replay/replay-options.ts'
import type { SchemaChange } from '../ingest/schema-change.ts'
import type { Transform } from '../format/table-metadata.ts'
import type { Relation } from '../sql/relation.ts'
import type { Age } from './age.ts'
import type { TableHistory } from './history-types.ts'
import type { TableTrust } from './trust-types.ts'
import type { TableUpkeep } from './upkeep-types.ts'

/** A table of the lake, by name: nothing is opened before it is used. */
export interface Table<Row extends object = Record<string, unknown>>
  extends TableUpkeep<Row>, TableHistory, TableTrust, CacheVersioned {
  /** `namespace.table` */
  readonly name: string
  /** Adds rows as one new snapshot; makes the table when there is none. */
  append(source: Source<Row>, options?: LoadOptions<Row>): Promise<LoadResult>
  /** Makes these rows the table's whole content, as one new snapshot; older ones stay readable. */
  replace(source: Source<Row>, options?: LoadOptions<Row>): Promise<LoadResult>
  /**
   * Tries rows of the quarantine again, under what the table asks of rows now, after a column was widened, the contract changed, or
   * with a `fix`. What fits is loaded, and settled there in the same commit; the same replay again does nothing.
   */
  replay(options?: ReplayOptions): Promise<ReplayResult>
  /**
   * Loads rows in the place of those that have their key, as one new snapshot; files without such a row are not touched. Of the rows of one
   * load with the same key the last one by `sequenceBy` counts.
   */
  merge(source: Source<Row>, options?: MergeOptions<Row>): Promise<ChangeResult>
  /** Makes these rows the whole of what `where` names; each of them must be named by it. */
  overwrite(source: Source<Row>, options: OverwriteOptions<Row>): Promise<ChangeResult>
  /** What the source of a load gave: to be looked at, or loaded again, under another schema or contract. */
  raw(loadId: string): RawLoad
  /** Deletes the rows that `where` names, as one new snapshot; older ones stay readable. */
  delete(options: DeleteOptions<Row>): Promise<ChangeResult>
  /** The table as it was: a snapshot's id, a tag, a branch, or a time. */
  at(version: Version): TableView<Row>
  rows(options?: ReadOptions<Row>): AsyncIterable<Row>
  /** Local paths or URLs of the data files of the current snapshot: what pandas, Polars and DuckDB read in place. */
  files(): Promise<readonly string[]>
  /** Path or URL of the current metadata file: what PyIceberg and DuckDB's `iceberg_scan` take. */
  metadataLocation(): Promise<string>
  /** A column, to refer to from another table. */
  col(column: keyof Row & string): ColumnRef
}

/** A table at one version. */
export type TableView<Row extends object = Record<string, unknown>> = Pick<
  Table<Row>,
  'name' | 'rows' | 'files' | 'metadataLocation'
> &
  CacheVersioned & { readonly version: Version }

export type Version = bigint | string | Date

export interface ColumnRef {
  readonly table: string
  readonly column: string
}

/**
 * Paths, globs and URLs of files (CSV, TSV, JSON, NDJSON, Parquet, Avro; gz or zst of each), bytes that stream, rows, or
 * the result of a query.
 */
export type Source<Row extends object> =
  | string
  | URL
  | readonly (string | URL)[]
  | ReadableStream<Uint8Array>
  | Iterable<GivenRow<Row>>
  | AsyncIterable<GivenRow<Row>>
  | Relation<object>
  | SqlSource
  | FilesSource
  | RawLoad

/** Of a table without a schema any object: one of an interface has no index signature, and is a row all the same. */
type GivenRow<Row extends object> = string extends keyof Row ? object : Row

/** A column's name: by its value. Or one of the helpers: `day('pickup_at')`. */
export type PartitionBy = string | { readonly column: string; readonly transform: Transform }

export interface TableOptions<Schema extends StandardSchema | undefined = undefined> {
  /** What a row is: unknown columns and values that do not fit go by the contract. */
  readonly schema?: Schema
  /** Columns that together tell rows apart: implies a check, `unique`, that blocks. */
  readonly key?: readonly string[]
  /** Columns whose values another table has: implies a check that blocks. */
  readonly references?: Readonly<Record<string, ColumnRef>>
  /** What is asked of the rows. A load that fails one that blocks is not published; they are kept with the table. */
  readonly checks?: readonly Check[]
  readonly partitionBy?: readonly PartitionBy[]
  readonly owner?: string
  readonly description?: string
  readonly tags?: readonly string[]
  readonly columns?: Readonly<Record<string, ColumnOptions>>
  /** Versions older than this are forgotten: `'30d'`, `'2y'`. Default five days. What a tag or branch points at stays. */
  readonly retain?: Age
  /** What is kept of what loads get from their sources, as of a load. */
  readonly raw?: RawMode
  /** Copies of what sources gave are kept for so long: `'30d'`, the default. */
  readonly retainRaw?: Age
  readonly contract?: Contract
  /** Share of rows that may be rejected, 0 to 1. Default 0.01; all rejected always fails. */
  readonly maxRejected?: number
}

export interface ColumnOptions {
  /** Iceberg's name of a type, when it is not to be inferred. */
  readonly type?: string
  readonly description?: string
  readonly tags?: readonly string[]
  readonly sensitive?: boolean
}

/** What happens to what the table does not have yet, or cannot hold. It is kept with the table: every load obeys it. */
export interface Contract extends ColumnContract {
  /**
   * Of columns that the table has not, members of its structs too. Default `evolve`: they are added. `quarantine`: rows with a value in
   * one are.
   */
  readonly columns?: 'evolve' | 'freeze' | 'discard' | 'quarantine'
  /** Of single columns, by their names in the table: before what is said of all. */
  readonly column?: Readonly<Record<string, ColumnContract>>
}

/** What happens to values that a column cannot hold. */
export interface ColumnContract {
  /**
   * Of values that the column's type cannot hold. Default `quarantine`. Types widen where nothing is lost, but for those that
   * `columns` or a schema declares; with `evolve` these too.
   */
  readonly types?: 'evolve' | 'freeze' | 'discard' | 'quarantine'
  /**
   * Of values that no type holds which Iceberg lets the column become. Default `quarantine`. `rewrite`: the column becomes the type that
   * holds both, and the table's files are written anew in the load's commit; what would lose anything is quarantined. A type that
   * `columns` or a schema declares stays, until that says another one.
   */
  readonly onTypeChange?: 'quarantine' | 'rewrite'
}

export interface LoadOptions<Row extends object> {
  /** Makes the load the same load when it comes again. Default: the task's `run.key`, and the load's place in it. */
  readonly id?: string
  readonly branch?: string
  /** Takes no file a second time: by its contents, or by its path. */
  readonly once?: 'content' | 'path'
  readonly format?: 'csv' | 'tsv' | 'json' | 'ndjson' | 'parquet' | 'avro'
  readonly csv?: CsvOptions
  /** New names of columns: `{ old: 'new' }`. */
  readonly rename?: Readonly<Record<string, keyof Row & string>>
  readonly contract?: Contract
  readonly maxRejected?: number
  /**
   * What is kept of what the source gives: a `copy` of its bytes, a `reference` to where they are, or `none`. Default: what the table says, else a copy of
   * what cannot be asked for again (URLs, streams, generators, queries of databases), and a reference to files.
   */
  readonly raw?: RawMode
  /** Loads only what is later than what was loaded before: `cursor('updated_at')`. */
  readonly cursor?: Cursor
}

export interface MergeOptions<Row extends object> extends LoadOptions<Row> {
  /** Columns that tell rows apart. Default: the table's `key`. */
  readonly key?: readonly (keyof Row & string)[]
  /** Default `upsert`. */
  readonly mode?: MergeMode
  /** A column that grows with every change of a row: an older row does not replace a newer one. */
  readonly sequenceBy?: keyof Row & string
}

/**
 * `upsert`: a row takes the place of that with its key. `insert-only`: rows whose key is there are left out. `delete-insert`: all rows
 * there whose key occurs in the load go, and all rows of the load come, several of one key among them.
 */
export type MergeMode = 'upsert' | 'insert-only' | 'delete-insert'

export interface OverwriteOptions<Row extends object> extends LoadOptions<Row> {
  readonly where: Where<Row>
}

export interface DeleteOptions<Row extends object> {
  readonly where: Where<Row>
  /** Makes the deletion the same one when it comes again, as that of a load does. */
  readonly id?: string
  readonly branch?: string
}

/** What a CSV file does not tell of itself. */
export interface CsvOptions {
  /** One ASCII character, as are the next two. */
  readonly delimiter?: string
  /** `''`: nothing is quoted. */
  readonly quote?: string
  /** What comes before a quote that is part of a value. Default: another quote. */
  readonly escape?: string
  /** Whether the first record is names. Without it columns are called `column_1` and so on. */
  readonly header?: boolean
  /** `utf-8`, `utf-16`, `latin-1`, or another name that `TextDecoder` knows. A byte order mark in the file goes before it. */
  readonly encoding?: string
  /** Texts that stand for no value, beside the empty one. */
  readonly nullText?: readonly string[]
}

export interface LoadResult {
  /** Undefined: nothing was loaded, so no version was made. */
  readonly snapshot: string | undefined
  readonly loadId: string
  readonly rows: number
  /** In the quarantine: `rows`, `rejected`, `discarded` and `filtered` together are the records of the source. */
  readonly rejected: number
  /** Left out by the contract. */
  readonly discarded: number
  /** Left out by a cursor, a merge or a key: the table had them, or newer ones. */
  readonly filtered: number
  readonly schemaChange: SchemaChange
  /** False: what readers see is as it was. */
  readonly published: boolean
  /** True: this load was there already, and nothing was done again. */
  readonly repeated: boolean
}

export interface ReplayResult {
  /** Loaded now. */
  readonly rows: number
  /** Of the rows that were asked for: those that still do not fit. */
  readonly open: number
  /** One for each load whose rows were loaded. */
  readonly loads: readonly LoadResult[]
}

/** What a change of rows that were there came to: rows afterwards = rows before + inserted − deleted. */
export interface ChangeResult extends LoadResult {
  readonly inserted: number
  /** Rows that took the place of one with their key. */
  readonly updated: number
  readonly deleted: number
}

export interface ReadOptions<Row extends object> {
  readonly where?: Where<Row>
  readonly columns?: readonly (keyof Row & string)[]
  readonly limit?: number
}

/** A value: equal to it. A list: one of them. Bounds: between them. Null: is null. */
export type Where<Row extends object> = {
  readonly [Column in keyof Row & string]?:
    | Row[Column]
    | null
    | readonly Row[Column][]
    | { readonly gte?: Row[Column]; readonly gt?: Row[Column]; readonly lte?: Row[Column]; readonly lt?: Row[Column] }
}

export type RowOf<Schema extends StandardSchema | undefined> = Schema extends StandardSchema
  ? InferOutput<Schema> & object
  : Record<string, unknown>
