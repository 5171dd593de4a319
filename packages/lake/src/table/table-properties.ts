import { checksProperty, checksText } from '../checks/stored-checks.ts'
import type { Field, Schema } from '../format/schema.ts'
import type { TableUpdate } from '../format/table-update.ts'
import { rawAgeProperty, rawModeProperty } from '../raw/raw-properties.ts'
import { ageMs } from './age.ts'
import type { ColumnOptions, Contract, TableOptions } from './types.ts'

/** Options of any table: of which rows it is does not matter here. */
export type AnyTableOptions = Omit<TableOptions, 'schema'> & { readonly schema?: unknown }

/** Columns whose values are not to be shown. */
export function sensitiveColumns(properties: Readonly<Record<string, string>> | undefined): readonly string[] {
  return JSON.parse(properties?.['sluice.sensitive'] ?? '[]') as readonly string[]
}

export const contractProperty = 'sluice.contract'

/** What is asked of rows: what the table's author says here, else what was said before and is kept with the table. */
export function withKeptContract(
  options: AnyTableOptions,
  properties: Readonly<Record<string, string>> | undefined,
): AnyTableOptions {
  const kept = properties?.[contractProperty]
  if (options.contract !== undefined || kept === undefined) return options
  return { ...options, contract: JSON.parse(kept) as Contract }
}

/** What a table's author says of it, as properties that other engines show too. */
export function propertiesOf(table: string, options: AnyTableOptions): Readonly<Record<string, string>> {
  const { owner, description, tags, key, references, checks, retain, raw, retainRaw, contract, columns = {} } = options
  const sensitive = Object.entries(columns).flatMap(([name, column]) => (column.sensitive ? [name] : []))
  const columnTags = Object.fromEntries(
    Object.entries(columns).flatMap(([name, { tags: of }]) => (of ? [[name, of]] : [])),
  )
  return {
    ...(owner !== undefined && { owner }),
    ...(description !== undefined && { comment: description }),
    ...(tags && { 'sluice.tags': JSON.stringify(tags) }),
    ...(key && { 'sluice.key': JSON.stringify(key) }),
    ...(checks && { [checksProperty]: checksText(table, checks) }),
    ...(references && { 'sluice.references': JSON.stringify(references) }),
    ...(contract && { [contractProperty]: JSON.stringify(contract) }),
    ...(retain !== undefined && { 'history.expire.max-snapshot-age-ms': String(ageMs('retain', retain)) }),
    ...(raw !== undefined && { [rawModeProperty]: raw }),
    ...(retainRaw !== undefined && { [rawAgeProperty]: String(ageMs('retainRaw', retainRaw)) }),
    ...(sensitive.length > 0 && { 'sluice.sensitive': JSON.stringify(sensitive) }),
    ...(Object.keys(columnTags).length > 0 && { 'sluice.column-tags': JSON.stringify(columnTags) }),
  }
}

/** The update that makes the properties what they are said to be; none when they are. What is not said stays. */
export function propertyUpdates(
  current: Readonly<Record<string, string>> | undefined,
  wanted: Readonly<Record<string, string>>,
): readonly TableUpdate[] {
  const updates = Object.fromEntries(Object.entries(wanted).filter(([name, value]) => current?.[name] !== value))
  return Object.keys(updates).length === 0 ? [] : [{ action: 'set-properties', updates }]
}

/** The schema with the author's descriptions of its columns. */
export function documented(schema: Schema, columns: Readonly<Record<string, ColumnOptions>> = {}): Schema {
  return { ...schema, fields: schema.fields.map((field): Field => withDoc(field, columns[field.name]?.description)) }
}

function withDoc(field: Field, doc: string | undefined): Field {
  return doc === undefined ? field : { ...field, doc }
}
