import { SluiceError } from '@sluice/core'
import type { Schema } from '../format/schema.ts'
import { requireColumn } from './require-column.ts'
import type { AnyTableOptions } from './table-properties.ts'
import type { MergeMode, MergeOptions } from './types.ts'
import type { FoundTable } from './write-target.ts'

/** How a load finds and replaces the rows that are there. */
export interface MergeRule {
  readonly key: readonly string[]
  readonly mode: MergeMode
  readonly sequenceBy: string | undefined
}

/** What a merge's author says of it. */
export type MergeRequest = Pick<MergeOptions<Record<string, unknown>>, 'key' | 'mode' | 'sequenceBy'>

const modes: readonly MergeMode[] = ['upsert', 'insert-only', 'delete-insert']

/** The merge's own key, else the table's, as its author or its metadata says. Throws `TABLE_KEY_MISSING`, `OPTION_INVALID`. */
export function mergeRule(
  table: string,
  { key: given, mode = 'upsert', sequenceBy }: MergeRequest,
  declared: AnyTableOptions,
  found: FoundTable | undefined,
): MergeRule {
  const key = given ?? declared.key ?? storedKey(found)
  if (key === undefined || key.length === 0) throw new SluiceError('TABLE_KEY_MISSING', { table })
  if (!modes.includes(mode))
    throw new SluiceError('OPTION_INVALID', { option: 'mode', problem: `it is one of ${modes.join(', ')}` })
  return { key: [...new Set(key)], mode, sequenceBy }
}

function storedKey(found: FoundTable | undefined): readonly string[] | undefined {
  const text = found?.metadata.properties?.['sluice.key']
  return text === undefined ? undefined : (JSON.parse(text) as readonly string[])
}

/** Throws `TABLE_COLUMN_UNKNOWN`, and `OPTION_INVALID` for a column that is no plain value. */
export function requireMergeColumns(table: string, schema: Schema, { key, sequenceBy }: MergeRule): void {
  for (const name of [...key, ...(sequenceBy === undefined ? [] : [sequenceBy])])
    if (typeof requireColumn(table, schema, name).type !== 'string')
      throw new SluiceError('OPTION_INVALID', { option: name, problem: 'rows are not told apart by lists and structs' })
}
