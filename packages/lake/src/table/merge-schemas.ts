import { isDeepStrictEqual } from 'node:util'
import { canPromote } from '../format/promotion.ts'
import type { Field, Schema } from '../format/schema.ts'

/**
 * The columns of `main`, with those that a staged load adds or widens. Undefined: what `main` has become does not go with it, as when
 * both have a new column of one name. `base` is what `main` had when the load was staged: what has gone since stays gone.
 */
export function mergeSchemas(base: Schema, staged: Schema, main: Schema): Schema | undefined {
  const [before, loaded] = [byId(base), byId(staged)]
  const names = new Set(main.fields.map(({ name }) => name))
  const fields: Field[] = []
  for (const field of main.fields) {
    const merged = mergeField(field, loaded.get(field.id))
    if (merged === undefined) return undefined
    fields.push(merged)
  }
  const kept = new Set(main.fields.map(({ id }) => id))
  for (const field of staged.fields) {
    if (kept.has(field.id)) continue
    // A column that is another one now, of this name: its rows would have no value there.
    if (names.has(field.name)) return undefined
    if (before.has(field.id)) continue
    fields.push(field)
  }
  return isDeepStrictEqual(fields, main.fields) ? main : { ...main, fields }
}

function byId({ fields }: Schema): ReadonlyMap<number, Field> {
  return new Map(fields.map((field) => [field.id, field]))
}

function mergeField(main: Field, staged: Field | undefined): Field | undefined {
  if (staged === undefined || isDeepStrictEqual(main.type, staged.type)) return main
  if (typeof main.type !== 'string' || typeof staged.type !== 'string') return undefined
  if (canPromote(main.type, staged.type)) return { ...main, type: staged.type }
  return canPromote(staged.type, main.type) ? main : undefined
}
