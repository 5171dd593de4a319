import type { Cursor } from '../cursor/cursor.ts'

/** A PostgreSQL database, as far as a source needs one: `@sluice/postgres` has it, and so has what is shaped like it. */
export interface SqlDatabase {
  transaction<T>(body: (tx: SqlTransaction) => Promise<T>, options?: { readonly signal?: AbortSignal }): Promise<T>
}

export interface SqlTransaction {
  query(statement: string, params?: readonly unknown[]): Promise<readonly object[]>
  execute(statement: string, params?: readonly unknown[]): Promise<unknown>
}

/** Where a cursor stands when a query is asked. Values are texts, to be bound. */
export interface SqlSourceState {
  /** The last value that was loaded; undefined: none was. */
  readonly last: string | undefined
  /** Where the query has to begin, its own value included: `initial`, or `lag` before the last value. */
  readonly from: string | undefined
  /** Where it has to end, its own value not included: of a window. */
  readonly until: string | undefined
}

export type SqlSourceText =
  | string
  | ((state: SqlSourceState) => string | { readonly text: string; readonly values: readonly unknown[] })

export interface SqlSourceOptions {
  /** Only later rows are asked for, and loaded. */
  readonly cursor?: Cursor
}

/** A query of an outside database that is asked when its load begins. */
export class SqlSource {
  readonly database: SqlDatabase
  readonly text: SqlSourceText
  readonly cursor: Cursor | undefined

  constructor(database: SqlDatabase, text: SqlSourceText, { cursor }: SqlSourceOptions) {
    this.database = database
    this.text = text
    this.cursor = cursor
  }
}

/** Files that are there, and were not loaded before. */
export class FilesSource {
  readonly pattern: string
  readonly once: 'content' | 'path'

  constructor(pattern: string, once: 'content' | 'path') {
    this.pattern = pattern
    this.once = once
  }
}

/** Sources that are read when their load begins. */
export const source: {
  /**
   * Rows of a query, streamed. With a cursor its last value is bound, so that the database finds the later rows itself: a
   * text is put into a `where`, a function gets where the cursor stands.
   *
   * @example
   * const orders = source.sql(db, 'select * from orders', { cursor: cursor('updated_at', { lag: '5m' }) })
   * await table('bronze.orders').append(orders)
   */
  sql(database: SqlDatabase, text: SqlSourceText, options?: SqlSourceOptions): SqlSource
  /** Files of a glob that the table has not taken yet, by their paths or by what is in them. None is nothing to load. */
  files(pattern: string, options?: { readonly once?: 'content' | 'path' }): FilesSource
} = {
  sql: (database, text, options = {}) => new SqlSource(database, text, options),
  files: (pattern, { once = 'path' } = {}) => new FilesSource(pattern, once),
}
