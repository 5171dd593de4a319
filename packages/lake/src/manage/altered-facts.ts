import { SluiceError } from '@sluice/core'
import type { LakeCatalog } from '../catalog/lake-catalog.ts'
import { tableNotFound } from '../catalog/table-not-found.ts'
import type { Schema } from '../format/schema.ts'
import { requireColumn } from '../table/require-column.ts'
import { schemaOf } from '../table/resolve-version.ts'
import { propertiesOf } from '../table/table-properties.ts'
import type { ColumnRef, TableOptions } from '../table/types.ts'
import { findTable } from '../table/write-target.ts'

type Properties = Readonly<Record<string, string>>
type References = Readonly<Record<string, ColumnRef>>

/** What may be said of a table by who does not load into it. */
export type TableFacts = Pick<TableOptions, 'owner' | 'description' | 'tags' | 'key' | 'references'>

export const tableFacts = ['owner', 'description', 'tags', 'key', 'references'] as const

/**
 * The facts as properties. They name columns as they are called afterwards, so that the same alteration may come again. References of
 * columns that are not named stay.
 *
 * Throws `TABLE_COLUMN_UNKNOWN`, and `OPTION_INVALID` for a key of what is no plain value.
 */
export function alteredFacts(table: string, schema: Schema, properties: Properties, wanted: TableFacts): Properties {
  const { owner, description, tags, key, references } = wanted
  for (const column of key ?? [])
    if (typeof requireColumn(table, schema, column).type !== 'string')
      throw new SluiceError('OPTION_INVALID', { option: 'key', problem: `${column} is a list, a map or a struct` })
  for (const column of Object.keys(references ?? {})) requireColumn(table, schema, column)
  return propertiesOf(table, {
    ...(owner !== undefined && { owner }),
    ...(description !== undefined && { description }),
    ...(tags && { tags }),
    ...(key && { key: [...new Set(key)] }),
    ...(references && { references: { ...read<References>(properties[names.references], {}), ...references } }),
  })
}

/** Throws `TABLE_NOT_FOUND` and `TABLE_COLUMN_UNKNOWN`: no load would pass the check of a reference to nothing. */
export async function requireReferred(catalog: LakeCatalog, { references = {} }: TableFacts): Promise<void> {
  for (const { table, column } of Object.values(references)) {
    const found = await findTable(catalog, table)
    if (!found) throw await tableNotFound(catalog, table)
    requireColumn(table, schemaOf(found.metadata, undefined), column)
  }
}

/** What has become other facts, in words. */
export function factChanges(before: Properties, said: Properties): readonly string[] {
  const isNew = (name: string): boolean => said[name] !== undefined && said[name] !== before[name]
  const list = (name: string): string => read<readonly string[]>(said[name], []).join(', ') || 'none'
  const old = read<References>(before[names.references], {})
  const references = Object.entries(read<References>(said[names.references], {})).filter(
    ([column, to]) => old[column]?.table !== to.table || old[column].column !== to.column,
  )
  return [
    ...(isNew('owner') ? [`owner: ${said['owner'] || 'nobody'}`] : []),
    ...(isNew('comment') ? [`description: ${said['comment'] || 'none'}`] : []),
    ...(isNew(names.tags) ? [`tags: ${list(names.tags)}`] : []),
    ...(isNew(names.key) ? [`key: ${list(names.key)}`] : []),
    ...references.map(([column, { table, column: to }]) => `${column} references ${table}.${to}`),
  ]
}

const names = { key: 'sluice.key', tags: 'sluice.tags', references: 'sluice.references' } as const

function read<T>(text: string | undefined, none: T): T {
  return text === undefined ? none : (JSON.parse(text) as T)
}
