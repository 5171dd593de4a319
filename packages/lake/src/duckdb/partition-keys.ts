import { SluiceError } from '@sluice/core'
import type { PartitionValue } from '../format/manifest.ts'
import { partitionFields, type TypedPartitionField } from '../format/partition-type.ts'
import type { PrimitiveType, Schema } from '../format/schema.ts'
import type { PartitionSpec } from '../format/table-metadata.ts'
import { fieldsById } from '../format/schema-fields.ts'
import { transformSql } from '../format/transform-sql.ts'
import { identifier } from './quote.ts'
import { valueOfText } from './value-text.ts'

/** One value of a partition while rows are being split: a text of our own making that says the value and nothing else. */
export interface PartitionKey {
  /** The column that a COPY splits by: no column of a table has this name. */
  readonly column: string
  /** SQL of the text. A long one is replaced by its hash, as it becomes the name of a directory. */
  readonly sql: string
  /** SQL of the whole text. */
  readonly wholeSql: string
  /** The value of a text; `undefined` when it is only a hash. */
  readonly value: (text: string | null) => PartitionValue | undefined
  readonly wholeValue: (text: string | null) => PartitionValue
}

/** What a COPY must split rows by. Empty for a table that is not partitioned. */
export function partitionKeys(spec: PartitionSpec, schema: Schema): readonly PartitionKey[] {
  const columns = fieldsById(schema)
  return partitionFields(spec, schema).map((typed, index): PartitionKey => {
    const column = columns.get(typed.field['source-id'])
    const wholeSql = column && typed.source ? textSql(typed, pathSql(column.path, schema)) : 'NULL::VARCHAR'
    return {
      column: `${prefix}${index}`,
      wholeSql,
      sql: `CASE WHEN octet_length(encode(${wholeSql})) > ${longestName} THEN 'h' || md5(${wholeSql}) ELSE 'v' || ${wholeSql} END`,
      value: (text) =>
        text?.startsWith('h') ? undefined : wholeValue(typed.type, text === null ? null : text.slice(1)),
      wholeValue: (text) => wholeValue(typed.type, text),
    }
  })
}

const prefix = '__partition '
/** In bytes of UTF-8, each of which may take three characters in a path. */
const longestName = 60

function pathSql(path: string, schema: Schema): string {
  if (schema.fields.some((field) => field.name === path)) return identifier(path)
  return path.split('.').map(identifier).join('.')
}

/** Numbers where DuckDB's own text would be ambiguous: days, microseconds, digits of bytes. */
function textSql({ field, type, source }: TypedPartitionField, column: string): string {
  const value = transformSql(field.transform, source ?? type, column)
  if (type === 'date' && field.transform !== 'day') return `date_diff('day', DATE '1970-01-01', ${value})::VARCHAR`
  if (type === 'timestamp' || type === 'timestamptz') return `epoch_us(${value})::VARCHAR`
  if (type === 'binary' || type.startsWith('fixed')) return `hex(${value})`
  if (type === 'float' || type === 'double') return `(${value} + 0)::VARCHAR`
  return `(${value})::VARCHAR`
}

function wholeValue(type: PrimitiveType, text: string | null): PartitionValue {
  if (text === null) return null
  const value = type === 'date' ? Number(text) : valueOfText(isInstant(type) ? 'long' : type, text)
  if (value !== undefined) return value
  if (text === 'nan') return Number.NaN
  throw new SluiceError('LAKE_VALUE_UNSUPPORTED', { value: text, type, problem: 'no partition can have it' })
}

function isInstant(type: PrimitiveType): boolean {
  return type === 'timestamp' || type === 'timestamptz'
}
