/** How a load changed a table's schema. */
export interface SchemaChange {
  readonly added: readonly string[]
  /** A column's type before and after, as Iceberg names them. */
  readonly widened: readonly { readonly column: string; readonly from: string; readonly to: string }[]
  /** Columns whose files were written anew for a type that theirs could not become. */
  readonly rewritten: readonly { readonly column: string; readonly from: string; readonly to: string }[]
  /** Columns of the table that the source does not have: their values are null. */
  readonly missing: readonly string[]
}
