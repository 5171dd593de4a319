import type { IcebergType } from '../../format/schema.ts'

/** A type without those members of structs that the table's type has not; the type itself where there are none. */
export function knownMembers(type: IcebergType, table: IcebergType): IcebergType {
  if (typeof type === 'string' || typeof table === 'string') return type
  if (type.type === 'struct' && table.type === 'struct') {
    const known = new Map(table.fields.map((field) => [field.name, field.type]))
    const fields = type.fields.flatMap((field) => {
      const member = known.get(field.name)
      return member === undefined ? [] : [{ ...field, type: knownMembers(field.type, member) }]
    })
    const isSame =
      fields.length === type.fields.length && fields.every((field, i) => field.type === type.fields[i]?.type)
    // A struct without members is no type.
    return isSame || fields.length === 0 ? type : { ...type, fields }
  }
  if (type.type === 'list' && table.type === 'list') {
    const element = knownMembers(type.element, table.element)
    return element === type.element ? type : { ...type, element }
  }
  if (type.type !== 'map' || table.type !== 'map') return type
  const value = knownMembers(type.value, table.value)
  return value === type.value ? type : { ...type, value }
}
