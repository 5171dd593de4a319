import type { RowKinds } from '../source/row-kinds.ts'
import type { JsonTypes, SourceFile } from '../source/source-file.ts'

/** How the raw text of a rejected record is to be read again: columns of the quarantine. */
export interface RawForm {
  readonly format: 'csv' | 'ndjson' | 'parquet'
  readonly dialect: string
  readonly header: string | null
}

/** What is needed of a CSV file to read one of its records. */
export interface CsvForm {
  readonly delimiter: string
  readonly quote: string
  readonly escape: string
  readonly nullText: readonly string[]
}

/** What is known of the values of JSON beside what it shows itself. */
export interface JsonForm {
  readonly kinds?: readonly (readonly [string, number])[]
  readonly types?: readonly (readonly [string, { readonly read: string; readonly isBytes: boolean }])[]
}

export function rawForm(file: SourceFile): RawForm {
  if (file.format === 'csv') {
    const { delimiter, quote, escape, nullText, columns } = file.dialect
    const form: CsvForm = { delimiter, quote, escape, nullText }
    return { format: 'csv', dialect: JSON.stringify(form), header: JSON.stringify(columns) }
  }
  return { format: file.format, dialect: JSON.stringify(jsonForm(file)), header: null }
}

function jsonForm(file: Exclude<SourceFile, { format: 'csv' }>): JsonForm {
  if (file.format === 'parquet')
    return { types: [...(file.types ?? [])].map(([name, read]) => [name, { read, isBytes: false }]) }
  return { ...(file.kinds && { kinds: [...file.kinds] }), ...(file.types && { types: [...file.types] }) }
}

/** The form as a file's own facts again. */
export function jsonFacts(dialect: string): { readonly kinds?: RowKinds; readonly types?: JsonTypes } {
  const { kinds, types } = JSON.parse(dialect) as JsonForm
  return { ...(kinds && { kinds: new Map(kinds) }), ...(types && { types: new Map(types) }) }
}
