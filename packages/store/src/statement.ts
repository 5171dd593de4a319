/** The two databases. */
export type Dialect = 'sqlite' | 'postgres'

/** What is bound to a parameter. Lists travel as JSON text, so that both databases take the same values. */
export type Value = string | number | null

declare const rowType: unique symbol

/** One query with its values, ready for either database. `R` is the type of its rows. */
export interface Statement<R = unknown> {
  /** Unique among all texts: prepared statements are kept under it. */
  readonly name: string
  readonly text: Readonly<Record<Dialect, string>>
  readonly values: readonly Value[]
  readonly [rowType]?: R
}

/** A query whose text is fixed: called with its values it gives a {@link Statement}. */
export type Query<P extends readonly Value[], R = never> = (...values: P) => Statement<R>

/**
 * Defines a query. Parameters are `$1`, `$2` … in both databases; where the texts must differ, two stand side by side.
 *
 * A parameter that PostgreSQL cannot infer is cast to `bigint` or `text`, which SQLite reads as integer and text.
 */
export function query<P extends readonly Value[], R = never>(
  name: string,
  text: string | Readonly<Record<Dialect, string>>,
): Query<P, R> {
  const both = typeof text === 'string' ? { sqlite: text, postgres: text } : text
  return (...values) => ({ name, text: both, values })
}

/**
 * A piece of work as a sequence of statements. A generator, because the same text must run without a pause in between on
 * SQLite, where the API is synchronous and a transaction blocks every other process, and with round trips on PostgreSQL.
 */
export type Steps<T> = Generator<Statement, T, readonly unknown[]>

/** Runs a statement within {@link Steps} and gives its rows their type back. */
export function* rowsOf<R>(statement: Statement<R>): Steps<readonly R[]> {
  return (yield statement) as readonly R[]
}

/** The first row within {@link Steps}, if there is one. */
export function* firstOf<R>(statement: Statement<R>): Steps<R | undefined> {
  const rows = yield* rowsOf(statement)
  return rows[0]
}

/** A list for `in (…)`, read back by {@link listed}. */
export const listOf = (items: readonly string[]): string => JSON.stringify(items)

/** `($n as a list)` for use after `in`: the text of a sub-select for each database. */
export function listed(parameter: string): Readonly<Record<Dialect, string>> {
  return {
    sqlite: `(select value from json_each(${parameter}))`,
    postgres: `(select json_array_elements_text(cast(${parameter} as json)))`,
  }
}

/** Fills one template for both databases. */
export function bothTexts(template: (dialect: Dialect) => string): Readonly<Record<Dialect, string>> {
  return { sqlite: template('sqlite'), postgres: template('postgres') }
}
