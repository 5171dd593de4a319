import { SluiceError } from '@sluice/core'
import { duckdbType } from '../duckdb/duckdb-types.ts'
import { identifier, literal } from '../duckdb/quote.ts'
import { valueOfText } from '../duckdb/value-text.ts'
import type { PartitionValue } from '../format/manifest.ts'
import { decimalOf } from '../format/primitive-type.ts'
import type { Comparison, Predicate } from '../format/predicate.ts'
import type { Field, PrimitiveType, Schema } from '../format/schema.ts'
import { requireColumn } from './require-column.ts'

/** A condition twice: as SQL, which is exact, and as what files are left out by. */
export interface Condition {
  readonly sql: string
  readonly predicate: Predicate
}

const operators: Readonly<Record<string, readonly [sql: string, op: Comparison]>> = {
  gt: ['>', 'gt'],
  gte: ['>=', 'gte'],
  lt: ['<', 'lt'],
  lte: ['<=', 'lte'],
}

/** `{ zone: 4, fare: { gte: 10 } }` as a condition. Throws `TABLE_COLUMN_UNKNOWN`, `OPTION_INVALID`. */
export function conditionOf(table: string, schema: Schema, where: Readonly<Record<string, unknown>>): Condition {
  const parts = Object.entries(where)
    .filter(([, wanted]) => wanted !== undefined)
    .map(([name, wanted]) => columnCondition(requireColumn(table, schema, name), wanted))
  return all(parts)
}

function all(parts: readonly Condition[]): Condition {
  if (parts.length === 0) return { sql: 'true', predicate: { op: 'true' } }
  return {
    sql: parts.map(({ sql }) => sql).join(' AND '),
    predicate: { op: 'and', parts: parts.map(({ predicate }) => predicate) },
  }
}

function columnCondition(field: Field, wanted: unknown): Condition {
  const column = identifier(field.name)
  if (wanted === null) return { sql: `${column} IS NULL`, predicate: { op: 'is-null', field: field.id } }
  if (typeof field.type !== 'string') throw invalid(field, 'only columns of plain values can be compared')
  const value = valueOf(field, field.type)
  if (Array.isArray(wanted)) return oneOf(field, wanted.map(value))
  if (isBounds(wanted))
    return all(
      Object.entries(wanted).flatMap(([name, bound]) => (bound === undefined ? [] : [compare(name, value(bound))])),
    )
  const { sql, value: exact } = value(wanted)
  return { sql: `${column} = ${sql}`, predicate: leaf('eq', exact) }

  function compare(name: string, bound: Value): Condition {
    const [sign, op] = operators[name] ?? []
    if (!sign || !op) throw invalid(field, `'${name}' is none of gt, gte, lt, lte`)
    return { sql: `${column} ${sign} ${bound.sql}`, predicate: leaf(op, bound.value) }
  }

  function leaf(op: Comparison, known: Value['value']): Predicate {
    return known === undefined ? { op: 'true' } : { op, field: field.id, value: known }
  }
}

interface Value {
  readonly sql: string
  /** Undefined: it is not exactly a value of the column's type. No file is left out by it then. */
  readonly value: Exclude<PartitionValue, null> | undefined
}

function oneOf(field: Field, values: readonly Value[]): Condition {
  if (values.length === 0) return { sql: 'false', predicate: { op: 'false' } }
  const exact = values.flatMap(({ value }) => (value === undefined ? [] : [value]))
  return {
    sql: `${identifier(field.name)} IN (${values.map(({ sql }) => sql).join(', ')})`,
    predicate: exact.length === values.length ? { op: 'in', field: field.id, values: exact } : { op: 'true' },
  }
}

function isBounds(wanted: unknown): wanted is Readonly<Record<string, unknown>> {
  return typeof wanted === 'object' && wanted !== null && !(wanted instanceof Date) && !(wanted instanceof Uint8Array)
}

function valueOf(field: Field, type: PrimitiveType): (wanted: unknown) => Value {
  return (wanted) => {
    if (wanted instanceof Uint8Array)
      return { sql: `unhex(${literal(Buffer.from(wanted).toString('hex'))})`, value: wanted }
    const text = textOf(field, type, wanted)
    const value = valueOfText(type, text)
    if (!isNumber(type)) return { sql: `${literal(text)}::${duckdbType(type)}`, value }
    // What is no number of the column's own is compared as what it is: 4.5 equals no integer, and lies between two.
    const fits = value !== undefined && inRange(type, value)
    return { sql: `${literal(text)}::${fits ? duckdbType(type) : 'DOUBLE'}`, value: fits ? value : undefined }
  }
}

function isNumber(type: PrimitiveType): boolean {
  return type === 'int' || type === 'long' || decimalOf(type) !== undefined
}

function inRange(type: PrimitiveType, value: Exclude<PartitionValue, null>): boolean {
  const decimal = decimalOf(type)
  const limit = decimal ? 10n ** BigInt(decimal.precision) : type === 'int' ? 2n ** 31n : 2n ** 63n
  const wide = BigInt(value as number | bigint)
  return wide < limit && wide > -limit
}

function textOf(field: Field, type: PrimitiveType, wanted: unknown): string {
  if (wanted instanceof Date) {
    if (Number.isNaN(wanted.getTime())) throw invalid(field, 'the date is invalid')
    const [day = '', time = ''] = wanted.toISOString().replace(/^\+0*/, '').slice(0, -1).split('T')
    if (type === 'date') return day
    return type === 'timestamptz' ? `${day} ${time}+00` : `${day} ${time}`
  }
  if (typeof wanted === 'string' || typeof wanted === 'bigint' || typeof wanted === 'boolean') return String(wanted)
  if (typeof wanted === 'number') return Object.is(wanted, -0) ? '0' : String(wanted)
  throw invalid(field, `a ${typeof wanted} cannot be compared with it`)
}

function invalid({ name }: Field, problem: string): SluiceError {
  return new SluiceError('OPTION_INVALID', { option: `where.${name}`, problem })
}
