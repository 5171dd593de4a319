import { SluiceError } from '@sluice/core'
import type { Page } from './records.ts'

/** Nobody gets more rows than this at once. */
export const maxPageSize = 1000

/** Sorts after every UUIDv7: where a list that goes from new to old begins. */
export const afterAllIds = 'ffffffff-ffff-ffff-ffff-ffffffffffff'

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
