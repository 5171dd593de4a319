import type { Schema } from './schema.ts'

/** Whether a schema has columns in whose place another one has others of the same names: what is written by the one is lost on readers of the other. */
export function hasReplaced(then: Schema, now: Schema): boolean {
  const [ids, names] = [new Set(now.fields.map(({ id }) => id)), new Set(now.fields.map(({ name }) => name))]
  return then.fields.some(({ id, name }) => !ids.has(id) && names.has(name))
}
