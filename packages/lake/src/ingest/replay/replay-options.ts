import type { Contract } from '../../table/types.ts'

/** A record that did not fit, as the quarantine has it. */
export interface RejectedRow {
  readonly loadId: string
  /** Undefined: it came from code. */
  readonly sourceFile: string | undefined
  /** Its place in the file, from 1 on. */
  readonly record: number | undefined
  readonly reason: string
  readonly column: string | undefined
  readonly problem: string
  /** Its text, as it was in the file. */
  readonly raw: string
  /** Its values, in the order of the file: all of them, also where there are more than columns. Undefined: it cannot be taken apart. */
  readonly values: readonly string[] | undefined
}

export interface ReplayOptions {
  /** Only the rows of this load. */
  readonly load?: string
  /** Only rows of the quarantine that are like this: `{ reason: 'VALUE_INVALID', column_name: 'fare' }`. */
  readonly where?: Readonly<Record<string, unknown>>
  /** New names of columns, as for a load. */
  readonly rename?: Readonly<Record<string, string>>
  /** What holds for this replay, before what the table says. */
  readonly contract?: Contract
  /**
   * Mends a row before it is tried again. Keys are names of the source's columns; values of CSV are texts, or null. Undefined: the
   * row stays where it is.
   */
  readonly fix?: (
    row: Readonly<Record<string, unknown>>,
    rejected: RejectedRow,
  ) => Readonly<Record<string, unknown>> | undefined
  /**
   * Of rows that were merged: the column that tells which of two rows with one key is newer. Without it a row is only inserted, and one
   * whose key is there is settled without being loaded.
   */
  readonly sequenceBy?: string
  /** The branch that the rows go to. Default `main`. */
  readonly branch?: string
}
