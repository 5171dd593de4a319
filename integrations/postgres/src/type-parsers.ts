import type { CustomTypesConfig } from 'pg'

type Parse = (text: string) => unknown

const oid = { bigint: 20, date: 1082, timestamp: 1114 } as const

/** `2018-01-11 18:24:44.5`; what has no such form (infinity, BC, a year of five digits) goes on as text. */
const plainTimestamp = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2}(?:\.\d+)?)$/

const parsers: ReadonlyMap<number, Parse> = new Map<number, Parse>([
  [oid.bigint, parseBigint],
  // A day is no moment: pg's own reading, local midnight, is another day elsewhere.
  [oid.date, (text) => text],
  [oid.timestamp, parseTimestamp],
])

/** A number where that is exact (every count is), else a bigint: never a rounded value, never text. */
function parseBigint(text: string): number | bigint {
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : BigInt(text)
}

/** Without a zone it is read as UTC, as Dates are written: what was stored comes back, whatever the machine's zone. */
function parseTimestamp(text: string): Date | string {
  const match = plainTimestamp.exec(text)
  return match === null ? text : new Date(`${match[1]}T${match[2]}Z`)
}

/** What `pg` calls; its types name every type it knows. */
type AnyParser = (id: number, format?: 'text' | 'binary') => unknown

/** Our readings, and `fallback` (pg's own) for every other type. */
export function typeParsers(fallback: CustomTypesConfig): CustomTypesConfig {
  const getTypeParser: AnyParser = (id, format) => {
    const parse = format === 'binary' ? undefined : parsers.get(id)
    return parse ?? (fallback.getTypeParser as AnyParser)(id, format)
  }
  return { getTypeParser: getTypeParser as CustomTypesConfig['getTypeParser'] }
}
