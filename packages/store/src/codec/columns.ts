import type { Value } from '../statement.ts'

/** What a column holds, where the databases differ: a UUID, text, an integer of 64 bits, a small one. */
export type ColumnKind = 'id' | 'text' | 'bigint' | 'integer'

/** Columns of a table by name, in the order in which they are bound. */
export type Columns = Readonly<Record<string, ColumnKind>>

/** The columns of a table whose rows are read as `R`: none may be missing. */
export type ColumnsOf<R> = Readonly<Record<keyof R & string, ColumnKind>>

/** A row on its way into the database: one value per column. */
export type Encoded<R> = Readonly<Record<keyof R & string, Value>>

/** `a, b, c` */
export const columnList = (columns: Columns): string => Object.keys(columns).join(', ')

/** `$1, $2, $3` */
export const placeholders = (columns: Columns): string =>
  Object.keys(columns)
    .map((_, index) => `$${index + 1}`)
    .join(', ')

/** `a = excluded.a, …` for every column that is not part of the row's identity. */
export const replacing = (columns: Columns, identity: readonly string[]): string =>
  Object.keys(columns)
    .filter((name) => !identity.includes(name))
    .map((name) => `${name} = excluded.${name}`)
    .join(', ')

/** `a uuid, b text, …`: how PostgreSQL is to read a row from JSON. */
export const recordTypes = (columns: Columns): string =>
  Object.entries(columns)
    .map(([name, kind]) => `${name} ${kind === 'id' ? 'uuid' : kind}`)
    .join(', ')

/** The values of a row in the order of its columns. */
export function valuesOf(names: readonly string[], row: Readonly<Record<string, Value>>): Value[] {
  return names.map((name) => row[name] ?? null)
}
