import type { Schema } from '../format/schema.ts'
import { type FieldPlace, fieldsById } from '../format/schema-fields.ts'
import type { OpenLake } from '../table/lake.ts'
import { findView } from '../table/read-rows.ts'
import { type ColumnFacts, columnFacts, typeText } from './column-facts.ts'

/** A schema that a table has or had. */
export interface SchemaVersion {
  /** Counts from 1. */
  readonly version: number
  readonly current: boolean
  readonly columns: readonly ColumnFacts[]
  /** What made it of the schema before, in words: `+ tip double`, `fare: int → long`. */
  readonly changes: readonly string[]
}

/** Oldest first. Columns are told apart by their ids: a new name is no new column. Throws `TABLE_NOT_FOUND`. */
export async function schemaVersions(lake: OpenLake, name: string): Promise<readonly SchemaVersion[]> {
  const { metadata } = await findView(lake, name, undefined)
  const schemas = metadata.schemas.toSorted((a, b) => a['schema-id'] - b['schema-id'])
  return schemas.map((schema, i) => {
    const before = schemas[i - 1]
    return {
      version: i + 1,
      current: schema['schema-id'] === metadata['current-schema-id'],
      columns: columnFacts(schema),
      changes: before === undefined ? [] : changesBetween(before, schema),
    }
  })
}

function changesBetween(before: Schema, after: Schema): readonly string[] {
  const [old, now] = [fieldsById(before), fieldsById(after)]
  const gone = [...old].flatMap(([id, place]) => (now.has(id) ? [] : [`- ${place.path}`]))
  return [...gone, ...[...now].flatMap(([id, place]) => changesOf(old.get(id), place))]
}

function changesOf(before: FieldPlace | undefined, after: FieldPlace): readonly string[] {
  const { path, field } = after
  if (before === undefined) return [`+ ${path} ${typeText(field.type)}`]
  const changes: string[] = []
  if (before.path !== path) changes.push(`${before.path} is now ${path}`)
  // What has changed inside is told of the members.
  if (typeof field.type === 'string' && typeText(before.field.type) !== field.type)
    changes.push(`${path}: ${typeText(before.field.type)} → ${field.type}`)
  if (before.field.required && !field.required) changes.push(`${path} may be null`)
  return changes
}
