import type { IcebergType } from '../../format/schema.ts'
import type { SourceFile } from '../source/source-file.ts'

/** One column of a source, as DuckDB reads it. */
export interface RawColumn {
  /** Its name in the source. */
  readonly source: string
  /** Its name in the table. */
  readonly name: string
  /** SQL of its value in {@link Reading.from}. */
  readonly value: string
  /** DuckDB's type of that value; undefined: a text that may be read as something else. */
  readonly duckType: string | undefined
  /** What it holds, as far as is known; undefined: nothing but nulls. */
  readonly type: IcebergType | undefined
  /** Whether `type` is only what the first rows say. */
  readonly guessed: boolean
  /** Whether all rows have been looked at: every value is of `type`. */
  readonly proved?: true
  /** SQL: whether a row's value has members that are cut off, and must not. */
  readonly unknown?: string
}

/** Rows of one file, not yet converted. */
export interface Reading {
  readonly file: SourceFile
  /** For FROM. */
  readonly from: string
  readonly columns: readonly RawColumn[]
  /** As counted by ourselves, or as a Parquet file says; undefined: not yet. */
  readonly records: number | undefined
  /** Where each row came from: only a careful reading knows, and only it may reject single rows. */
  readonly places?: Places
}

/** SQL of a row's place in the source. */
export interface Places {
  readonly record: string
  readonly offset: string
  readonly length: string
  /** SQL of the raw text, where the file itself cannot be read at the offset. */
  readonly raw?: string
}
