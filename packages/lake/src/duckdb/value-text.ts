import type { PartitionValue } from '../format/manifest.ts'
import { decimalOf, fixedLengthOf } from '../format/primitive-type.ts'
import type { PrimitiveType } from '../format/schema.ts'

type Value = Exclude<PartitionValue, null>

/**
 * The value that DuckDB's statistics tell as text. `undefined` for every text that is not understood to the last character
 * (infinite dates, years before Christ, another time zone): no bound is always legal, a wrong one loses rows.
 */
export function valueOfText(type: PrimitiveType, text: string): Value | undefined {
  const decimal = decimalOf(type)
  if (decimal) return unscaled(text, decimal.scale)
  switch (type) {
    case 'boolean':
      return booleans.get(text)
    case 'int':
      return /^-?\d+$/.test(text) ? Number(text) : undefined
    case 'long':
      return /^-?\d+$/.test(text) ? BigInt(text) : undefined
    case 'float':
    case 'double':
      return float(text)
    case 'date':
      return days(text)
    case 'time':
      return timeMicros(text)
    case 'timestamp':
      return timestampMicros(text)
    case 'timestamptz':
      return text.endsWith('+00') ? timestampMicros(text.slice(0, -3)) : undefined
    case 'string':
      return text
    case 'uuid':
      return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text) ? text : undefined
    default:
      return bytes(text, fixedLengthOf(type))
  }
}

/** Statistics print them as digits, casts as words. */
const booleans: ReadonlyMap<string, boolean> = new Map([
  ['0', false],
  ['1', true],
  ['false', false],
  ['true', true],
])

function unscaled(text: string, scale: number): bigint | undefined {
  const [, sign, whole = '', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? []
  if (sign === undefined || fraction.length > scale) return undefined
  return BigInt(`${sign}${whole}${fraction.padEnd(scale, '0')}`)
}

function float(text: string): number | undefined {
  if (text === 'inf') return Number.POSITIVE_INFINITY
  if (text === '-inf') return Number.NEGATIVE_INFINITY
  return /^-?\d+(?:\.\d+)?(?:e[-+]?\d+)?$/.test(text) ? Number(text) : undefined
}

const msPerDay = 86_400_000

/** Text of years 1 to 275760: what a JavaScript date holds. */
function days(text: string): number | undefined {
  const [, year, rest] = /^(\d{4,6})-(\d\d-\d\d)$/.exec(text) ?? []
  if (year === undefined) return undefined
  const ms = Date.parse(`+${year.padStart(6, '0')}-${rest}T00:00:00Z`)
  return Number.isNaN(ms) ? undefined : ms / msPerDay
}

function timeMicros(text: string): bigint | undefined {
  const [, hours, minutes, seconds, fraction = ''] = /^(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?$/.exec(text) ?? []
  if (hours === undefined) return undefined
  const whole = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)
  return BigInt(whole) * 1_000_000n + BigInt(fraction.padEnd(6, '0'))
}

function timestampMicros(text: string): bigint | undefined {
  const space = text.indexOf(' ')
  const day = days(text.slice(0, space))
  const time = timeMicros(text.slice(space + 1))
  return day === undefined || time === undefined ? undefined : BigInt(day) * 86_400_000_000n + time
}

function bytes(text: string, length: number | undefined): Uint8Array | undefined {
  if (!/^(?:[0-9A-F]{2})*$/.test(text)) return undefined
  const value = Uint8Array.from(Buffer.from(text, 'hex'))
  return length === undefined || value.length === length ? value : undefined
}
