import { asArray, asObject, integerMember, type JsonObject, member, stringMember } from './json-shape.ts'
import { metadataInvalid } from './metadata-invalid.ts'
import { isPrimitiveType } from './primitive-type.ts'
import type { Schema } from './schema.ts'
import { allFieldIds } from './schema-fields.ts'

/**
 * Checks that a JSON value is a schema whose every type is known.
 *
 * @throws SluiceError `LAKE_METADATA_INVALID` with the place that is wrong.
 */
export function checkSchema(value: unknown, path: string): asserts value is Schema {
  const object = asObject(value, path)
  if (stringMember(object, 'type') !== 'struct') throw metadataInvalid(`${path} is no struct`)
  checkFields(object, 0)
  const ids = allFieldIds(value as Schema)
  const twice = ids.find((id, at) => ids.indexOf(id) !== at)
  if (twice !== undefined && new Set(ids).size !== ids.length)
    throw metadataInvalid(`${path} has the field id ${twice} twice`)
}

const deepest = 100

function checkFields(struct: JsonObject, depth: number): void {
  const path = `${struct.path}.fields`
  for (const [at, value] of asArray(member(struct, 'fields'), path).entries()) {
    const field = asObject(value, `${path}[${at}]`)
    integerMember(field, 'id')
    stringMember(field, 'name')
    checkBoolean(field, 'required')
    checkType(member(field, 'type'), `${field.path}.type`, depth + 1)
  }
}

function checkType(value: unknown, path: string, depth: number): void {
  if (typeof value === 'string') {
    if (!isPrimitiveType(value))
      throw metadataInvalid(`${path} is ${JSON.stringify(value)}, a type that is not supported`)
    return
  }
  if (depth > deepest) throw metadataInvalid(`${path} is nested too deeply`)
  const type = asObject(value, path)
  const kind = stringMember(type, 'type')
  if (kind === 'struct') return checkFields(type, depth)
  if (kind !== 'list' && kind !== 'map')
    throw metadataInvalid(`${path} is ${JSON.stringify(kind)}, a type that is not supported`)
  for (const part of kind === 'list' ? ['element'] : ['key', 'value']) {
    integerMember(type, `${part}-id`)
    if (part !== 'key') checkBoolean(type, `${part}-required`)
    checkType(member(type, part), `${path}.${part}`, depth + 1)
  }
}

function checkBoolean(object: JsonObject, name: string): void {
  if (typeof member(object, name) !== 'boolean')
    throw metadataInvalid(`${object.path}.${name} is neither true nor false`)
}
