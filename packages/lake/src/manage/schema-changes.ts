import type { Schema } from '../format/schema.ts'
import { type FieldPlace, fieldsById } from '../format/schema-fields.ts'
import { typeText } from './column-facts.ts'

/** What made one schema of another, in words: `+ tip double`, `fare: int → long`. Columns are told apart by their ids; one of another id in
 * the place of one of its name was written anew. */
export function schemaChanges(before: Schema, after: Schema): readonly string[] {
  const [old, now] = [fieldsById(before), fieldsById(after)]
  const gone = new Map([...old].flatMap(([id, place]) => (now.has(id) ? [] : [[place.path, place] as const])))
  const rewritten = new Set([...now].flatMap(([id, { path }]) => (!old.has(id) && gone.has(path) ? [path] : [])))
  return [
    ...[...gone.keys()].flatMap((path) => (rewritten.has(path) ? [] : [`- ${path}`])),
    ...[...now].flatMap(([id, place]) => changesOf(old.get(id) ?? gone.get(place.path), place)),
  ]
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
