import { SluiceError } from '@sluice/core'
import type { Field, Schema } from '../format/schema.ts'

/** The column of this name. Throws `TABLE_COLUMN_UNKNOWN`. */
export function requireColumn(table: string, { fields }: Schema, name: string): Field {
  const field = fields.find((each) => each.name === name)
  if (!field)
    throw new SluiceError('TABLE_COLUMN_UNKNOWN', { table, column: name, known: fields.map((each) => each.name) })
  return field
}
