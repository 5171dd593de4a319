/** An error as it is kept: plain data, masked and bounded. */
export interface StoredError {
  readonly name: string
  readonly message: string
  readonly code?: string
  readonly stack?: string
  readonly cause?: StoredError
  /** The errors of an AggregateError. */
  readonly errors?: readonly StoredError[]
  /** Its other own properties, as far as JSON can hold them. */
  readonly details?: Readonly<Record<string, unknown>>
}
