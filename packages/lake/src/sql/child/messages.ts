import type { SqlValue } from '../sql-text.ts'
import type { SqlTree } from '../read-references.ts'

/** What the process that runs queries is asked. One thing at a time. */
export type ToQueryProcess =
  | { readonly kind: 'parse'; readonly sql: string }
  | ({ readonly kind: 'run' } & QueryOrder)
  /** A message of rows has been taken: another one may come. */
  | { readonly kind: 'more' }

export type FromQueryProcess =
  | { readonly kind: 'ready' }
  | { readonly kind: 'tree'; readonly tree: SqlTree }
  /** Column by column: names once, not in every row. */
  | { readonly kind: 'rows'; readonly rows: RowColumns }
  | { readonly kind: 'end'; readonly columns: readonly ResultColumn[]; readonly rows: number }
  | { readonly kind: 'failed'; readonly problem: string }

/** Its type as DuckDB writes it. */
export interface ResultColumn {
  readonly name: string
  readonly type: string
}

/** Rows as they travel. */
export interface RowColumns {
  readonly names: readonly string[]
  /** As DuckDB names them. */
  readonly types: readonly string[]
  /** Each as long as there are rows. */
  readonly columns: readonly (readonly unknown[])[]
  readonly rows: number
}

/** One query, with everything that it may see. */
export interface QueryOrder {
  readonly sql: string
  readonly values: readonly SqlValue[]
  /** Statements of ours that make the tables it names: schemas and views. */
  readonly prepare: readonly string[]
  /** Every file that may be opened, by absolute path. */
  readonly files: readonly string[]
  /** For what does not fit into memory. */
  readonly spill: string
  readonly memoryLimit: string
  readonly threads: number | undefined
  /** Writes the result there as one Parquet file instead of sending rows. */
  readonly into?: string
}
