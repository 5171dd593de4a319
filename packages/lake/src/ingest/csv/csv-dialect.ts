/** How a CSV file is written. One character each; a quote of '' means that nothing is quoted. */
export interface CsvDialect {
  readonly delimiter: string
  readonly quote: string
  readonly escape: string
  /** Whether the first record is names. */
  readonly header: boolean
  /** Names of the columns: from the first record, or `column_1` and so on. */
  readonly columns: readonly string[]
  /** Texts that stand for no value, beside the empty one. */
  readonly nullText: readonly string[]
}
