import { unscaledHexSql, unscaledSql } from './decimal-sql.ts'
import { decimalOf, fixedLengthOf } from './primitive-type.ts'
import type { PrimitiveType } from './schema.ts'
import { sqlLet } from './sql-let.ts'

/**
 * DuckDB's expression for `hashValue`, as a number of 32 bits without a sign; null for null. Murmur3 in SQL: DuckDB has no
 * such function, and extensions are not loaded.
 */
export function hashSql(type: PrimitiveType, value: string): string {
  return murmurSql(hexSql(type, value))
}

/** The bytes that are hashed, as hexadecimal digits. */
function hexSql(type: PrimitiveType, value: string): string {
  if (type === 'uuid') return `replace((${value})::VARCHAR, '-', '')`
  if (type === 'string') return `hex(encode(${value}))`
  if (type === 'binary' || fixedLengthOf(type) !== undefined) return `hex(${value})`
  if (decimalOf(type) !== undefined) return unscaledHexSql(unscaledSql(value))
  // The digits of a BIGINT are its bytes from the highest; it is hashed from the lowest.
  const lowestFirst = [15, 13, 11, 9, 7, 5, 3, 1].map((at) => `_b[${at}:${at + 1}]`).join(' || ')
  return sqlLet('_b', `printf('%016x', (${longSql(type, value)})::BIGINT)`, lowestFirst)
}

function longSql(type: PrimitiveType, value: string): string {
  if (type === 'int' || type === 'long') return value
  return type === 'date' ? `date_diff('day', DATE '1970-01-01', ${value})` : `epoch_us(${value})`
}

const mask = '4294967295'

function murmurSql(hex: string): string {
  const block = littleEndian(['7', '5', '3', '1'].map((offset) => `8 * _i + ${offset}`))
  const blocks = `list_transform(range(len(_x) // 8), lambda _i: ${mixed(block)})`
  const step = `(${rotated('xor(_h, _k)', 13)} * 5 + 3864292196) & ${mask}`
  const body = `list_reduce(${blocks}, lambda _h, _k: ${step}, 0::UBIGINT)`
  // What is left of fewer than four bytes; substring gives nothing behind the end.
  const tail = mixed(littleEndian(['5', '3', '1'].map((offset) => `8 * (len(_x) // 8) + ${offset}`)))
  const joined = `xor(xor(${body}, ${tail}), (len(_x) // 2)::UBIGINT)`
  const first = `(xor(_f, _f >> 16) * 2246822507) & ${mask}`
  const second = `(xor(_f, _f >> 13) * 3266489909) & ${mask}`
  const finished = sqlLet('_f', joined, sqlLet('_f', first, sqlLet('_f', second, 'xor(_f, _f >> 16)')))
  return sqlLet('_x', hex, finished)
}

/** Bytes of `_x` at these places of their digits, as one number whose highest byte is the first. */
function littleEndian(places: readonly string[]): string {
  return `('0x0' || ${places.map((place) => `substring(_x, ${place}, 2)`).join(' || ')})::UBIGINT`
}

function mixed(block: string): string {
  return sqlLet('_m', `(${block} * 3432918353) & ${mask}`, `(${rotated('_m', 15)} * 461845907) & ${mask}`)
}

function rotated(value: string, by: number): string {
  return sqlLet('_r', value, `(((_r << ${by}) & ${mask}) | (_r >> ${32 - by}))`)
}
