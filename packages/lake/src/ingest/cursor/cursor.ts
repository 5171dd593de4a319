import { type Duration, SluiceError } from '@sluice/core'

/** A value of a cursor's column. */
export type CursorValue = string | number | bigint | Date

/** How the column of a source tells rows that were loaded from those that were not. */
export interface CursorOptions {
  /** Rows before it are never loaded. */
  readonly initial?: CursorValue
  /** So far behind the last value rows are looked at again, for those that come late: a duration, or a number for numbers. */
  readonly lag?: Duration
  /** Which of two values is later. Default `max`: the greater one. Of a function the sign tells, as for `sort`. */
  readonly order?: 'max' | 'min' | ((a: never, b: never) => number)
  /**
   * What tells rows apart that were at the last value, or within the lag. Default: all their values. Columns of a key;
   * or `false`: rows at the last value are taken as loaded.
   */
  readonly dedupe?: readonly string[] | false
  /** Rows without a value in the column. Default `fail`. */
  readonly nulls?: 'include' | 'exclude' | 'fail'
  /** Tells two cursors of one table apart. Default: the column. */
  readonly name?: string
  /**
   * Only rows of this span, its end not included, whatever was loaded before. `interval`: that of the run. The load is named by the
   * span: the same span is loaded once.
   */
  readonly window?: 'interval' | { readonly start: CursorValue; readonly end: CursorValue }
}

/** Loads only rows that are later than those of the load before. */
export interface Cursor extends CursorOptions {
  /** Its name in the table. */
  readonly column: string
}

const known: ReadonlySet<string> = new Set(['initial', 'lag', 'order', 'dedupe', 'nulls', 'name', 'window'])

/**
 * Loads a source incrementally: rows that are not beyond the last value of the column are left out, and counted. Where it stands is
 * committed with the rows.
 *
 * @example
 * await orders.append(rows, { cursor: cursor('updated_at', { initial: '2026-01-01', lag: '1h' }) })
 */
export function cursor(column: string, options: CursorOptions = {}): Cursor {
  const option = Object.keys(options).find((name) => !known.has(name))
  if (option !== undefined) throw new SluiceError('OPTION_UNKNOWN', { option, of: 'cursor', known: [...known] })
  const { lag, order, window } = options
  const refuse = (problem: string): never => {
    throw new SluiceError('OPTION_INVALID', { option: 'cursor', problem })
  }
  if (typeof order === 'function' && (lag !== undefined || window !== undefined || options.initial !== undefined))
    refuse('lag, window and initial need an order of max or min')
  if (window !== undefined && (lag !== undefined || options.initial !== undefined || order !== undefined))
    refuse('a window takes no lag, initial or order')
  return { ...options, column }
}
