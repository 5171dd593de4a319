import type { Duration } from '@sluice/core'
import type { SqlValue } from '../sql/sql-text.ts'

/** What is asked of the rows of a table, as it is kept with the table. */
export type CheckSpec = CheckRule & {
  /** Tells the checks of a table apart. */
  readonly name: string
  /** `block`: a load that fails it is not published. */
  readonly severity: 'warn' | 'block'
}

export type CheckRule =
  | { readonly kind: 'not-null'; readonly column: string }
  | { readonly kind: 'unique'; readonly columns: readonly string[] }
  | { readonly kind: 'accepted'; readonly column: string; readonly values: readonly CheckValue[] }
  | { readonly kind: 'range'; readonly column: string; readonly min?: CheckValue; readonly max?: CheckValue }
  | { readonly kind: 'relationship'; readonly column: string; readonly to: CheckedColumn }
  | { readonly kind: 'freshness'; readonly column: string; readonly within: Duration }
  | { readonly kind: 'row-count'; readonly min?: number; readonly max?: number }
  /** Rows that the query gives are wrong. */
  | { readonly kind: 'sql'; readonly text: string; readonly values: readonly SqlValue[] }

export type CheckValue = string | number | bigint | boolean | Date

/** A column of a table of the lake. */
export interface CheckedColumn {
  readonly table: string
  readonly column: string
}

/** A check of rows, as a table's author writes it: its query is written once it is known of which table. */
export type Check = CheckSpec | CustomCheck

export interface CustomCheck {
  readonly kind: 'custom'
  readonly name: string
  readonly severity: 'warn' | 'block'
  readonly query: (table: { readonly name: string }) => {
    readonly sql: { readonly text: string; readonly values: readonly SqlValue[] }
  }
}

export interface CheckOptions {
  /** Default `block`: a load that fails is not published. */
  readonly severity?: 'warn' | 'block'
  /** Default: what it asks. */
  readonly name?: string
}
