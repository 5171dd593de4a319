/** What a column of rows from code held: bits, as one test per value must do. */
export const kind = {
  /** A whole number that a double holds exactly. */
  integer: 1,
  /** A whole number that needs a `bigint`, within 64 bits. */
  long: 2,
  /** A `bigint` beyond 64 bits, of at most 38 digits. */
  huge: 4,
  float: 8,
  boolean: 16,
  text: 32,
  /** A text that begins like a date: DuckDB says whether it is one. */
  dated: 64,
  /** A `Date`. */
  instant: 128,
  /** Written as hexadecimal text. */
  bytes: 256,
  nested: 512,
  /** A `bigint` beyond 38 digits. */
  endless: 1024,
} as const

/** Per column, in the order in which they first appeared. */
export type RowKinds = ReadonlyMap<string, number>
