/** Why a record is not in the table. */
export type RejectionReason =
  /** A quote opens that is not closed where a value ends: only this line is lost. */
  | 'QUOTE_BROKEN'
  /** More values than columns, or fewer. */
  | 'COLUMN_COUNT'
  | 'RECORD_TOO_LONG'
  | 'ENCODING_INVALID'
  | 'JSON_INVALID'
  /** A value that the column's type cannot hold. */
  | 'VALUE_INVALID'
  | 'VALUE_MISSING'
  | 'VALUE_NOT_ACCEPTED'
  /** A value in a column, or in a member of a struct, that the table has not. */
  | 'COLUMN_UNKNOWN'

/** A record that was found and cannot be loaded. */
export interface Rejection {
  readonly reason: RejectionReason
  /** Counted from 1, without the header. */
  readonly record: number
  readonly offset: number | undefined
  readonly column: string | undefined
  readonly problem: string
  readonly raw: string
}

/** As much of a raw record as is kept. */
export const longestRaw = 65_536
