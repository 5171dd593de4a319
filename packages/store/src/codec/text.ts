import { SluiceError } from '@sluice/core'

/**
 * Free text as both databases can hold it. PostgreSQL refuses NUL and UTF-8 has no lone surrogates; a log line must not be
 * able to stop a journal, so both become U+FFFD, in SQLite too: the same text comes back from either.
 */
export function plainText(text: string): string {
  const whole = text.isWellFormed() ? text : text.toWellFormed()
  return whole.includes('\0') ? whole.replaceAll('\0', '\uFFFD') : whole
}

/** {@link plainText} of a column that may be empty. */
export const plainTextOrNull = (text: string | null | undefined): string | null =>
  text === null || text === undefined ? null : plainText(text)

/** A list as JSON; the empty list as null, which costs nothing in a row. */
export const listColumn = (items: readonly unknown[]): string | null =>
  items.length === 0 ? null : JSON.stringify(items)

/** JSON of a value that may be absent. */
export const jsonColumn = (value: unknown): string | null =>
  value === null || value === undefined ? null : JSON.stringify(value)

/** Reads a column that {@link listColumn} or {@link jsonColumn} wrote. What does not parse was not written by us. */
export function parseColumn<T>(text: string | null, empty: T): T {
  if (text === null) return empty
  try {
    return JSON.parse(text) as T
  } catch (cause) {
    throw new SluiceError('STORE_CORRUPT', { reason: 'a column does not hold JSON' }, { cause })
  }
}

/** Flags are 0 and 1: SQLite has no booleans. */
export const flag = (value: boolean): number => (value ? 1 : 0)
