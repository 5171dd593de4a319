import type { Field, IcebergType, Schema } from '../format/schema.ts'

/** A column as people are told of it. */
export interface ColumnFacts {
  readonly name: string
  /** `list<string>`, `struct<city: string>`: Iceberg's names. */
  readonly type: string
  readonly required: boolean
  readonly description?: string
}

export function columnFacts(schema: Schema): readonly ColumnFacts[] {
  return schema.fields.map(({ name, type, required, doc }) => ({
    name,
    type: typeText(type),
    required,
    ...(doc !== undefined && { description: doc }),
  }))
}

/** A type in one line. */
export function typeText(type: IcebergType): string {
  if (typeof type === 'string') return type
  if (type.type === 'list') return `list<${typeText(type.element)}>`
  if (type.type === 'map') return `map<${typeText(type.key)}, ${typeText(type.value)}>`
  return `struct<${type.fields.map(memberText).join(', ')}>`
}

function memberText({ name, type }: Field): string {
  return `${name}: ${typeText(type)}`
}
