/**
 * One DuckDB connection, in this process, for statements of Sluice's own. UTC, no extensions, no network, bounded memory and
 * threads; spills into the lake's staging directory. What users write as SQL runs elsewhere (`sql/`).
 *
 * Methods throw `LAKE_QUERY_FAILED` with DuckDB's words as the cause, or the reason of the session's signal.
 */
export interface DuckSession extends AsyncDisposable {
  run(sql: string): Promise<void>
  /** All rows, as JavaScript values (see `js-values.ts`): for few rows. */
  all<Row extends object>(sql: string): Promise<readonly Row[]>
  /** Rows in chunks, while the query runs: memory stays flat. */
  stream<Row extends object>(sql: string): AsyncIterable<readonly Row[]>
  /** Ends the statement that runs, which throws `LAKE_QUERY_FAILED`; where none runs, nothing. */
  interrupt(): void
  /** Names and DuckDB's types of the columns of a SELECT, which is not run. */
  columns(select: string): Promise<readonly DuckColumn[]>
}

export interface DuckColumn {
  readonly name: string
  /** As DuckDB writes it: `STRUCT(a INTEGER, b VARCHAR[])`. */
  readonly type: string
}
