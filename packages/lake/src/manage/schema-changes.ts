import type { Schema } from '../format/schema.ts'
import { type FieldPlace, fieldsById } from '../format/schema-fields.ts'
import { typeText } from './column-facts.ts'

/** What made one schema of another, in words: `+ tip double`, `fare: int → long`. Columns are told apart by their ids. */
export function schemaChanges(before: Schema, after: Schema): readonly string[] {
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
  if (before.field.doc !== field.doc) changes.push(`${path} is ${field.doc ?? 'not described'}`)
  return changes
}
