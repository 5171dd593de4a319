import type { CsvDialect } from '../csv/csv-dialect.ts'
import type { RowKinds } from './row-kinds.ts'

interface AnyFile {
  /** What rows say in `_source_file`; undefined: they came from code. */
  readonly label: string | undefined
  /** On this machine, unpacked; text is UTF-8 without a byte order mark. */
  readonly path: string
  /** Hash of the contents, or path: for `once`. */
  readonly identity: string | undefined
  /** Which part of the load's raw bytes it was made of. */
  readonly part?: number
  /** Of rows from the quarantine: what each record, from 1 on, is called there. */
  readonly rowIds?: readonly string[]
}

export interface CsvFile extends AnyFile {
  readonly format: 'csv'
  readonly dialect: CsvDialect
  /** Of all its lines, unless it is suspect. */
  readonly lineEnd: '\n' | '\r\n'
  /** As we count them; undefined: not yet, it is done while its rows are written, or by `countCsv`. */
  readonly records: number | undefined
  /** Why nothing but the splitter of our own reads this file rightly; of what was not counted nothing is known. */
  readonly suspect: string | undefined
}

export interface JsonFile extends AnyFile {
  /** One JSON object per line. */
  readonly format: 'ndjson'
  readonly records: number
  readonly suspect: string | undefined
  /** Of rows that we wrote ourselves: what each column holds. */
  readonly kinds?: RowKinds
  /** What the source itself says of its columns: DuckDB's type of the JSON value, and whether it stands for bytes. */
  readonly types?: JsonTypes
}

export type JsonTypes = ReadonlyMap<string, { readonly read: string; readonly isBytes: boolean }>

export interface ParquetFile extends AnyFile {
  readonly format: 'parquet'
  /** DuckDB's types of its columns, once it was read. */
  readonly types?: ReadonlyMap<string, string>
}

/** One file of a source, ready to be read in place. */
export type SourceFile = CsvFile | JsonFile | ParquetFile
