import { isSecret } from '@sluice/core'

/** A value that PostgreSQL cannot take, and why. Callers add where it was. */
export class UnstorableValue extends Error {
  override readonly name = 'UnstorableValue'
}

/**
 * The text by which PostgreSQL reads a JavaScript value into a column; null is NULL.
 *
 * Dates are written in UTC, `Uint8Array` as `bytea`, arrays as PostgreSQL arrays, plain objects as JSON, an object whose
 * `toJSON` gives text (URL, Temporal, decimal libraries) as that text. What would be stored as something else than it is
 * (NUL characters, half surrogate pairs, Maps, Sets, Secrets) is refused.
 *
 * @throws {UnstorableValue}
 */
export function valueText(value: unknown): string | null {
  switch (typeof value) {
    case 'string':
      return checkedText(value)
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value)
    case 'bigint':
      return value.toString()
    case 'boolean':
      return value ? 't' : 'f'
    case 'undefined':
      return null
    case 'object':
      return value === null ? null : objectText(value)
    default:
      throw new UnstorableValue(`a ${typeof value} has no text`)
  }
}

function checkedText(text: string): string {
  if (text.includes('\0')) throw new UnstorableValue('it holds a NUL character (\\u0000), which PostgreSQL text cannot')
  if (!text.isWellFormed()) throw new UnstorableValue('it holds half of a surrogate pair, which is no Unicode text')
  return text
}

function objectText(value: object): string {
  if (value instanceof Date) return timestampText(value)
  if (value instanceof Uint8Array) return `\\x${bytes(value).toString('hex')}`
  if (Array.isArray(value)) return arrayText(value)
  if (isSecret(value)) throw new UnstorableValue('it is a Secret; call reveal() where it may be stored in clear text')
  if (value instanceof Map || value instanceof Set)
    throw new UnstorableValue('JSON loses a Map or Set; make it an object or array')
  const json = 'toJSON' in value && typeof value.toJSON === 'function' ? (value.toJSON() as unknown) : value
  return checkedText(typeof json === 'string' ? json : jsonText(json))
}

function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'null'
  } catch (error) {
    throw new UnstorableValue(`it is no JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function bytes(value: Uint8Array): Buffer {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
}

/** UTC. Years beyond 9999 lose ISO's sign, years before 1 are written as BC: PostgreSQL's own forms. */
function timestampText(date: Date): string {
  if (Number.isNaN(date.getTime())) throw new UnstorableValue('it is an invalid Date')
  const year = date.getUTCFullYear()
  const iso = date.toISOString()
  if (year >= 1 && year <= 9_999) return iso
  const rest = iso.slice(iso.indexOf('-', 1))
  const shown = String(year < 1 ? 1 - year : year).padStart(4, '0')
  return year < 1 ? `${shown}${rest} BC` : `${shown}${rest}`
}

function arrayText(values: readonly unknown[]): string {
  return `{${values.map(elementText).join(',')}}`
}

function elementText(value: unknown): string {
  if (Array.isArray(value)) return arrayText(value)
  const text = valueText(value)
  return text === null ? 'NULL' : `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}
