import { SluiceError } from '@sluice/core'
import { inputJsonSchema } from '@sluice/engine'
import { isPrimitiveType, plainTypes } from '../../format/primitive-type.ts'
import type { IcebergType, PrimitiveType } from '../../format/schema.ts'
import type { LoadRequest } from '../load-request.ts'
import { columnName } from './column-name.ts'

/** A column that the table's author described. */
export interface DeclaredColumn {
  readonly type: IcebergType | undefined
  /** A row without a value is rejected. */
  readonly required: boolean
  readonly description?: string
  /** The only values there may be. */
  readonly accepted?: readonly string[]
}

interface JsonSchema {
  readonly type?: string | readonly string[]
  readonly format?: string
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly items?: JsonSchema
  readonly anyOf?: readonly JsonSchema[]
  readonly enum?: readonly unknown[]
  readonly description?: string
}

/** What the author's schema and column options say of columns, by name. Ids in types are 0: they are given later. */
export function declaredColumns(declared: LoadRequest['declared']): ReadonlyMap<string, DeclaredColumn> {
  const found = new Map<string, DeclaredColumn>()
  const schema = inputJsonSchema(declared?.schema) as JsonSchema | null
  for (const [name, property] of Object.entries(schema?.properties ?? {}))
    found.set(name, fromJsonSchema(property, schema?.required?.includes(name) === true))
  for (const [name, options] of Object.entries(declared?.columns ?? {})) {
    requireColumn(name, options.type)
    const before = found.get(name)
    if (options.type === undefined && before === undefined) continue
    found.set(name, {
      ...(before ?? { required: false }),
      type: (options.type as PrimitiveType | undefined) ?? before?.type,
      ...(options.description !== undefined && { description: options.description }),
    })
  }
  return found
}

/** Throws `OPTION_INVALID`: a column of another name would be beside the one that is meant, without any value. */
function requireColumn(name: string, type: string | undefined): void {
  if (columnName(name, 1) !== name)
    throw new SluiceError('OPTION_INVALID', {
      option: `columns.${name}`,
      problem: `columns are called so in the table: ${columnName(name, 1)}`,
    })
  if (type !== undefined && !isPrimitiveType(type))
    throw new SluiceError('OPTION_INVALID', {
      option: `columns.${name}.type`,
      problem: `${JSON.stringify(type)} is none of ${plainTypes.join(', ')}, decimal(p, s), fixed[n]`,
    })
}

function fromJsonSchema(schema: JsonSchema, required: boolean): DeclaredColumn {
  const nullable = isNullable(schema)
  const values = bare(schema).enum
  const accepted = values?.filter((value): value is string => typeof value === 'string')
  return {
    type: typeOf(schema),
    required: required && !nullable,
    ...(schema.description !== undefined && { description: schema.description }),
    ...(accepted !== undefined && accepted.length > 0 && accepted.length === values?.length && { accepted }),
  }
}

/** The one thing that something nullable is. */
function bare(schema: JsonSchema): JsonSchema {
  const options = schema.anyOf?.filter((option) => option.type !== 'null') ?? []
  return options.length === 1 && options[0] !== undefined ? options[0] : schema
}

function isNullable({ type, anyOf }: JsonSchema): boolean {
  return (Array.isArray(type) && type.includes('null')) || anyOf?.some((option) => option.type === 'null') === true
}

function typeOf(schema: JsonSchema): IcebergType | undefined {
  const only = bare(schema)
  if (only !== schema) return typeOf(only)
  const kinds = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? []).filter((kind) => kind !== 'null')
  if (kinds.length !== 1)
    return schema.enum?.every((value) => typeof value === 'string') === true ? 'string' : undefined
  switch (kinds[0]) {
    case 'integer':
      return 'long'
    case 'number':
      return 'double'
    case 'boolean':
      return 'boolean'
    case 'string':
      return textType(schema.format)
    case 'array':
      return listOf(schema.items)
    case 'object':
      return structOf(schema.properties)
    default:
      return undefined
  }
}

function textType(format: string | undefined): PrimitiveType {
  if (format === 'date') return 'date'
  return format === 'date-time' ? 'timestamptz' : 'string'
}

function listOf(items: JsonSchema | undefined): IcebergType | undefined {
  const element = items && typeOf(items)
  return element && { type: 'list', 'element-id': 0, element, 'element-required': false }
}

function structOf(properties: JsonSchema['properties']): IcebergType | undefined {
  const fields = Object.entries(properties ?? {}).map(([name, property]) => ({ name, type: typeOf(property) }))
  if (fields.length === 0 || fields.some(({ type }) => type === undefined)) return undefined
  return {
    type: 'struct',
    fields: fields.map(({ name, type }) => ({ id: 0, name, required: false, type: type ?? 'string' })),
  }
}
