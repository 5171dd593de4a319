import type { Field, IcebergType, ListType, MapType, Schema, StructType } from './schema.ts'

/** A field at any depth of a schema. */
export interface FieldPlace {
  readonly field: Field
  /** Names from the column down: `address.city`, `tags.element`, `attributes.key`. */
  readonly path: string
  /** Whether it lies in a list or a map: then it has not one value per row. */
  readonly repeated: boolean
  /** Whether it, or a struct around it, may be null. */
  readonly nullable: boolean
}

/** Every field of a schema by its id: columns, members of structs, elements, keys and values. */
export function fieldsById(schema: StructType): ReadonlyMap<number, FieldPlace> {
  const places = new Map<number, FieldPlace>()
  for (const place of walk(schema.fields, '', false, false)) places.set(place.field.id, place)
  return places
}

/** The field of a path such as `address.city`; a column whose own name has a dot comes before a member. */
export function findField(schema: StructType, path: string): Field | undefined {
  const column = schema.fields.find((field) => field.name === path)
  if (column !== undefined) return column
  for (const place of walk(schema.fields, '', false, false)) if (place.path === path) return place.field
  return undefined
}

/** The highest id in a schema, 0 for none. */
export function highestFieldId(schema: StructType): number {
  return [...fieldsById(schema).keys()].reduce((highest, id) => Math.max(highest, id), 0)
}

/** Every id a type carries, also twice: to find what is used twice. */
export function allFieldIds(schema: StructType): readonly number[] {
  return Array.from(walk(schema.fields, '', false, false), (place) => place.field.id)
}

function* walk(fields: readonly Field[], before: string, repeated: boolean, nullable: boolean): Generator<FieldPlace> {
  for (const field of fields) {
    const place = { field, path: `${before}${field.name}`, repeated, nullable: nullable || !field.required }
    yield place
    yield* walk(children(field.type), `${place.path}.`, repeated || isRepeated(field.type), place.nullable)
  }
}

/** What a type is made of, elements, keys and values told as fields. */
export function children(type: IcebergType): readonly Field[] {
  if (typeof type === 'string') return []
  if (type.type === 'struct') return type.fields
  return type.type === 'list' ? [elementOf(type)] : [keyOf(type), valueOf(type)]
}

function isRepeated(type: IcebergType): boolean {
  return typeof type !== 'string' && type.type !== 'struct'
}

export function elementOf(list: ListType): Field {
  return { id: list['element-id'], name: 'element', required: list['element-required'], type: list.element }
}

export function keyOf(map: MapType): Field {
  return { id: map['key-id'], name: 'key', required: true, type: map.key }
}

export function valueOf(map: MapType): Field {
  return { id: map['value-id'], name: 'value', required: map['value-required'], type: map.value }
}

/** A schema whose every field has an id of its own above `lastColumnId`, and the highest of them. */
export function assignFreshIds(
  schema: Schema,
  lastColumnId = 0,
): { readonly schema: Schema; readonly lastColumnId: number } {
  const ids = new Map<number, number>()
  let last = lastColumnId
  const take = (old: number): number => {
    last += 1
    ids.set(old, last)
    return last
  }
  const fields = freshFields(schema.fields, take)
  const keys = schema['identifier-field-ids']?.map((id) => ids.get(id) ?? id)
  const fresh = keys === undefined ? { ...schema, fields } : { ...schema, fields, 'identifier-field-ids': keys }
  return { schema: fresh, lastColumnId: last }
}

/** Gives a field, and what it is made of, ids: a struct's members first, then what is in them. */
export function freshFields(fields: readonly Field[], take: (old: number) => number): readonly Field[] {
  const ids = fields.map((field) => take(field.id))
  return fields.map((field, at): Field => {
    const { id: old, type, ...rest } = field
    return { id: ids[at] ?? old, ...rest, type: freshType(type, take) }
  })
}

function freshType(type: IcebergType, take: (old: number) => number): IcebergType {
  if (typeof type === 'string') return type
  if (type.type === 'struct') return { ...type, fields: freshFields(type.fields, take) }
  if (type.type === 'list') {
    const id = take(type['element-id'])
    return { ...type, 'element-id': id, element: freshType(type.element, take) }
  }
  const ids = { 'key-id': take(type['key-id']), 'value-id': take(type['value-id']) }
  return { ...type, ...ids, key: freshType(type.key, take), value: freshType(type.value, take) }
}
