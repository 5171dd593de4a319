import { duckdbType } from '../duckdb/duckdb-types.ts'
import { identifier, literal } from '../duckdb/quote.ts'
import type { Schema } from '../format/schema.ts'
import { typedToSql } from '../ingest/columns/given-sql.ts'
import type { ColumnRewrite } from '../ingest/load-request.ts'

/** A schema as it was before columns of it were rewritten. */
export function schemaBefore(schema: Schema, rewritten: readonly ColumnRewrite[]): Schema {
  if (rewritten.length === 0) return schema
  const before = new Map(rewritten.map((column) => [column.name, column.before]))
  return { ...schema, fields: schema.fields.map((field) => before.get(field.name) ?? field) }
}

/** SQL of rows with the types of before as rows with those of now: it throws at a value that would not come through. */
export function rewrittenItem(item: string, rewritten: readonly ColumnRewrite[]): string {
  if (rewritten.length === 0) return item
  const values = rewritten.map(({ name, before, type }) => {
    const column = identifier(name)
    const converted = typedToSql(duckdbType(before.type), type, column)
    const says = literal(`the column ${name} holds a value that is no ${type}`)
    return `coalesce(${converted}, CASE WHEN ${column} IS NOT NULL THEN CAST(error(${says}) AS ${duckdbType(type)}) END) AS ${column}`
  })
  return `(SELECT * REPLACE (${values.join(', ')}) FROM ${item})`
}
