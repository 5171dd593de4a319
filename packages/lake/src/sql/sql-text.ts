import { SluiceError } from '@sluice/core'
import { identifier } from '../duckdb/quote.ts'
import { withoutEnd } from './sql-tokens.ts'

/** SQL with its values apart: nothing that a value holds can become SQL. */
export interface SqlText {
  /** With `$1`, `$2` … where values go. */
  readonly text: string
  readonly values: readonly SqlValue[]
}

export type SqlValue = string | number | bigint | boolean | Date | null | readonly SqlValue[]

/** What may stand in `lake.sql`: a value, a table, a table at a version, or another query. */
export type SqlPart = SqlValue | Named | { readonly sql: SqlText }

/** A table handle, or one at a version. */
export interface Named {
  readonly name: string
  readonly version?: bigint | string | Date
}

/** Puts a template together. A table becomes its name, a query a bracket, everything else a value that is bound. */
export function sqlText(texts: readonly string[], parts: readonly SqlPart[]): SqlText {
  const values: SqlValue[] = []
  const text = texts
    .map((piece, index) => piece + (index < parts.length ? partText(parts[index], values) : ''))
    .join('')
  return { text, values }
}

function partText(part: SqlPart | undefined, values: SqlValue[]): string {
  if (isQuery(part)) {
    const offset = values.length
    values.push(...part.sql.values)
    const text = withoutEnd(part.sql.text).replaceAll(/\$(\d+)/g, (_, n: string) => `$${Number(n) + offset}`)
    // A comment at its end must not take the bracket with it.
    return text.includes('--') ? `(${text}\n)` : `(${text})`
  }
  if (isNamed(part)) return tableText(part)
  values.push(checked(part))
  return `$${values.length}`
}

/** A version goes into the name, where SQL lets an alias follow. */
function tableText({ name, version }: Named): string {
  const [namespace = '', table = ''] = name.split('.')
  return `${identifier(namespace)}.${identifier(version === undefined ? table : `${table}@${versionText(version)}`)}`
}

/** Before a time in the place of a version: a tag may look like a time. */
export const timeMark = 'time:'

function versionText(version: bigint | string | Date): string {
  return version instanceof Date ? `${timeMark}${version.toISOString()}` : String(version)
}

function checked(value: unknown): SqlValue {
  if (value === null || ['string', 'bigint', 'boolean'].includes(typeof value)) return value as SqlValue
  if (typeof value === 'number' || value instanceof Date) return value
  if (Array.isArray(value)) return value.map(checked)
  const given = value === undefined ? 'undefined' : `a ${typeof value}`
  throw new SluiceError('SQL_INVALID', { problem: `${given} cannot be a value` })
}

const isQuery = (part: unknown): part is { readonly sql: SqlText } =>
  typeof part === 'object' && part !== null && 'sql' in part && typeof part.sql === 'object'

const isNamed = (part: unknown): part is Named =>
  typeof part === 'object' && part !== null && 'name' in part && typeof part.name === 'string'
