import { commitInvalid } from './commit-errors.ts'
import { isPrimitiveType } from './primitive-type.ts'
import { canPromote } from './promotion.ts'
import type { Field, IcebergType, Schema } from './schema.ts'
import { elementOf, fieldsById, keyOf, valueOf } from './schema-fields.ts'

/** What is to become of a schema's fields, by their paths as they are now: `fare`, `address.city`, `tags.element`. */
export interface Alteration {
  /** The last part of the path only: a column stays where it is. */
  readonly rename?: Readonly<Record<string, string>>
  readonly drop?: readonly string[]
  readonly widen?: Readonly<Record<string, string>>
  readonly describe?: Readonly<Record<string, string>>
  /** Fields that may be null from now on. */
  readonly optional?: readonly string[]
}

/**
 * The schema with the changes made: ids stay what they are, so every file still reads. A schema that has nothing to change is
 * answered as it is. Whether the fields are there is for the caller to say.
 *
 * @throws SluiceError `LAKE_COMMIT_INVALID` for what Iceberg's schema evolution does not allow.
 */
export function alterSchema(schema: Schema, alteration: Alteration): Schema {
  const alter = new Altering(alteration)
  const fields = alter.fields(schema.fields, '')
  if (!alter.changed) return schema
  if (fields.length === 0) throw commitInvalid('no column would be left')
  const left = fieldsById({ type: 'struct', fields })
  const lost = schema['identifier-field-ids']?.find((id) => !left.has(id))
  if (lost !== undefined)
    throw commitInvalid(`the column ${fieldsById(schema).get(lost)?.path ?? lost} is part of the key`)
  return { ...schema, fields }
}

class Altering {
  changed = false
  readonly #alteration: Alteration

  constructor(alteration: Alteration) {
    this.#alteration = alteration
  }

  fields(fields: readonly Field[], before: string): readonly Field[] {
    const { drop = [] } = this.#alteration
    const kept = fields.filter((field) => !drop.includes(`${before}${field.name}`))
    if (kept.length < fields.length) this.changed = true
    if (before !== '' && kept.length === 0) throw commitInvalid(`${before.slice(0, -1)} would have no members left`)
    const altered = kept.map((field) =>
      this.#named(this.#field(field, `${before}${field.name}`), `${before}${field.name}`),
    )
    const names = altered.map((field) => field.name)
    const twice = names.find((name, at) => names.indexOf(name) !== at)
    if (twice !== undefined) throw commitInvalid(`two columns would be called ${before}${twice}`)
    return altered
  }

  #named(field: Field, path: string): Field {
    const name = own(this.#alteration.rename, path)
    if (name === undefined || name === field.name) return field
    this.changed = true
    return { ...field, name }
  }

  #field(field: Field, path: string): Field {
    const { optional = [], describe, drop = [], rename } = this.#alteration
    // Members of structs are looked at by those; what is left here are parts of lists and maps, which have no names of their own.
    for (const part of partsOf(field.type))
      if (drop.includes(`${path}.${part}`) || own(rename, `${path}.${part}`) !== undefined)
        throw commitInvalid(`${path}.${part} is part of ${path}, and can neither be dropped nor renamed`)
    const type = this.#type(field.type, path)
    const required = field.required && !optional.includes(path)
    const doc = own(describe, path) ?? field.doc
    if (required !== field.required || doc !== field.doc) this.changed = true
    return { ...field, type, required, ...(doc !== undefined && { doc }) }
  }

  #type(type: IcebergType, path: string): IcebergType {
    const wanted = own(this.#alteration.widen, path)
    if (wanted !== undefined) return this.#widened(type, wanted, path)
    if (typeof type === 'string') return type
    if (type.type === 'struct') return { ...type, fields: this.fields(type.fields, `${path}.`) }
    if (type.type === 'list') {
      const element = this.#field(elementOf(type), `${path}.element`)
      return { ...type, element: element.type, 'element-required': element.required }
    }
    const key = this.#field(keyOf(type), `${path}.key`)
    if (!key.required) throw commitInvalid(`${path}.key is the key of a map, and always there`)
    const value = this.#field(valueOf(type), `${path}.value`)
    return { ...type, key: key.type, value: value.type, 'value-required': value.required }
  }

  #widened(from: IcebergType, wanted: string, path: string): IcebergType {
    const to = wanted.replace(/^decimal\((?<precision>\d+),\s*(?<scale>\d+)\)$/, 'decimal($<precision>, $<scale>)')
    if (from === to) return from
    const text = typeof from === 'string' ? from : from.type
    if (!isPrimitiveType(to)) throw commitInvalid(`${JSON.stringify(wanted)} is no type of a column`)
    if (typeof from !== 'string' || !canPromote(from, to))
      throw commitInvalid(
        `the column ${path} cannot become ${to} from ${text}: int becomes long, float double, and a decimal one of more digits; a load with the contract onTypeChange=rewrite writes the column anew as what its values need`,
      )
    this.changed = true
    return to
  }
}

function partsOf(type: IcebergType): readonly string[] {
  if (typeof type === 'string' || type.type === 'struct') return []
  return type.type === 'list' ? ['element'] : ['key', 'value']
}

function own(of: Readonly<Record<string, string>> | undefined, name: string): string | undefined {
  return of !== undefined && Object.hasOwn(of, name) ? of[name] : undefined
}
