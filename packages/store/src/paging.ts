import { SluiceError } from '@sluice/core'
import type { Page } from './records.ts'

/** Nobody gets more rows than this at once. */
export const maxPageSize = 1000

/** Sorts after every UUIDv7: where a list that goes from new to old begins. */
export const afterAllIds = 'ffffffff-ffff-ffff-ffff-ffffffffffff'

/** Sorts before every UUIDv7. */
export const beforeAllIds = '00000000-0000-0000-0000-000000000000'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/**
 * True for an id as both databases hold it: a UUID in lower case. Asked for another, PostgreSQL raises an error and SQLite
 * finds nothing; so nobody asks.
 */
export const isId = (text: string): boolean => uuid.test(text)

/** True when every id that a query filters by could be one. */
export const areIds = (...ids: readonly (string | undefined)[]): boolean =>
  ids.every((id) => id === undefined || isId(id))

/** The page of a query that can find nothing. */
export const emptyPage: Page<never> = { items: [], next: null }

/** Between 1 and {@link maxPageSize}. */
export function clampLimit(limit: number): number {
  return Number.isNaN(limit) ? 1 : Math.min(Math.max(Math.trunc(limit), 1), maxPageSize)
}

/** The `after` of a list by id. Throws `OPTION_INVALID` for what no page ever gave out. */
export function idCursor(after: string | undefined): string {
  if (after === undefined) return afterAllIds
  if (!isId(after)) throw malformed(after)
  return after
}

/** The `after` of a list by number. Throws `OPTION_INVALID` for what no page ever gave out. */
export function numberCursor(after: string | undefined): number {
  if (after === undefined) return 0
  const position = Number(after)
  if (!/^\d+$/.test(after) || !Number.isSafeInteger(position)) throw malformed(after)
  return position
}

/** The `next` of a list in order of several texts. */
export const textCursorOf = (...parts: readonly string[]): string =>
  Buffer.from(JSON.stringify(parts)).toString('base64url')

/** What {@link textCursorOf} was made of; nothing when there is no cursor. Throws `OPTION_INVALID` for what no page ever gave out. */
export function textCursor(after: string | undefined, count: number): readonly string[] {
  if (after === undefined) return []
  try {
    const parts: unknown = JSON.parse(Buffer.from(after, 'base64url').toString())
    if (Array.isArray(parts) && parts.length === count && parts.every((part) => typeof part === 'string')) return parts
  } catch {
    // Told below.
  }
  throw malformed(after)
}

/** The `next` of a list in order of several numbers. */
export const numbersCursorOf = (...numbers: readonly number[]): string => numbers.join('.')

/** What {@link numbersCursorOf} was made of, if there is a cursor. Throws `OPTION_INVALID` for what no page ever gave out. */
export function numbersCursor(after: string | undefined, count: number): readonly number[] | undefined {
  if (after === undefined) return undefined
  const parts = after.split('.')
  if (parts.length !== count) throw malformed(after)
  return parts.map((part) => numberCursor(part))
}

/** Cuts off the row that was read beyond `limit` to learn whether there is more. */
export function pageOf<T>(rows: readonly T[], limit: number, cursor: (item: T) => string): Page<T> {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items, next: rows.length > limit && last !== undefined ? cursor(last) : null }
}

function malformed(after: string): SluiceError {
  return new SluiceError('OPTION_INVALID', {
    option: 'after',
    problem: `${JSON.stringify(after.slice(0, 40))} is not the "next" of a page`,
  })
}
