import { SluiceError } from '@sluice/core'

/** What every list is asked with. */
export interface PageQuery {
  readonly limit: number
  readonly after?: string | undefined
}

/** A page of a list that is short enough to be read whole, sorted by what `keyOf` gives. */
export function pageOfAll<T>(
  all: readonly T[],
  query: PageQuery,
  keyOf: (item: T) => string,
): { items: T[]; next: string | null } {
  const start = query.after === undefined ? 0 : all.findIndex((item) => keyOf(item) === query.after) + 1
  if (start === 0 && query.after !== undefined)
    throw new SluiceError('OPTION_INVALID', {
      option: 'after',
      problem: 'it is not the `next` of a page, or what it named is gone',
    })
  const items = all.slice(start, start + query.limit)
  const last = items.at(-1)
  return { items, next: last !== undefined && start + query.limit < all.length ? keyOf(last) : null }
}

/** The query of a store's list: without what was not given, because the store takes absent and undefined for two things. */
export function given<T extends object>(query: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]: Exclude<T[Key], undefined>
  }
}

/** ISO 8601 text, already checked, in microseconds. */
export function microsOf(iso: string): number
export function microsOf(iso: string | undefined): number | undefined
export function microsOf(iso: string | undefined): number | undefined {
  if (iso === undefined) return undefined
  // Date knows milliseconds only: the fraction is read apart.
  const fraction = /\.(\d{1,6})/.exec(iso)?.[1] ?? ''
  return Math.floor(Date.parse(iso) / 1000) * 1_000_000 + Number(fraction.padEnd(6, '0'))
}
