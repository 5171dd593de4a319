import type { Field, IcebergType, PrimitiveType, Schema } from '../format/schema.ts'
import { identifier } from './quote.ts'

const primitives: Readonly<Record<string, string>> = {
  boolean: 'BOOLEAN',
  int: 'INTEGER',
  long: 'BIGINT',
  float: 'FLOAT',
  double: 'DOUBLE',
  date: 'DATE',
  time: 'TIME',
  timestamp: 'TIMESTAMP',
  timestamptz: 'TIMESTAMP WITH TIME ZONE',
  string: 'VARCHAR',
  uuid: 'UUID',
  binary: 'BLOB',
}

/** DuckDB's type for a type of Iceberg, as SQL. `fixed` is a BLOB there: its length is checked where it is written. */
export function duckdbType(type: IcebergType): string {
  if (typeof type === 'string') return primitiveType(type)
  if (type.type === 'list') return `${duckdbType(type.element)}[]`
  if (type.type === 'map') return `MAP(${duckdbType(type.key)}, ${duckdbType(type.value)})`
  return `STRUCT(${type.fields.map((field) => `${identifier(field.name)} ${duckdbType(field.type)}`).join(', ')})`
}

function primitiveType(type: PrimitiveType): string {
  if (type.startsWith('decimal')) return type.toUpperCase()
  if (type.startsWith('fixed')) return 'BLOB'
  return primitives[type] ?? 'VARCHAR'
}

/** The FIELD_IDS of a COPY: every column and every node inside one carries its id into the Parquet file. */
export function fieldIds(schema: Schema): string {
  return idsOf(schema.fields)
}

function idsOf(fields: readonly Field[]): string {
  return `{${fields.map((field) => `${identifier(field.name)}: ${idOf(field.id, field.type)}`).join(', ')}}`
}

function idOf(id: number, type: IcebergType): string {
  if (typeof type === 'string') return String(id)
  const own = `__duckdb_field_id: ${id}`
  if (type.type === 'list') return `{${own}, element: ${idOf(type['element-id'], type.element)}}`
  if (type.type === 'map')
    return `{${own}, key: ${idOf(type['key-id'], type.key)}, value: ${idOf(type['value-id'], type.value)}}`
  const inside = type.fields.map((field) => `${identifier(field.name)}: ${idOf(field.id, field.type)}`)
  return `{${[own, ...inside].join(', ')}}`
}
