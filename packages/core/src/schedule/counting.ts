import type { Micros } from '../time.ts'

/** What cannot be counted by arithmetic is counted up to here: 1 000 then means "1 000 or more". */
export const mostCounted = 1_000

/** Counts one by one. */
export function countByWalking(next: (after: Micros) => Micros | undefined, from: Micros, until: Micros): number {
  let count = 0
  let at = next(from - 1)
  while (at !== undefined && at < until && count < mostCounted) {
    count++
    at = next(at)
  }
  return count
}

/** The instant, unless a number cannot hold it exactly: no occurrence is told beyond the year 2255. */
export function exactly(at: Micros): Micros | undefined {
  return Number.isSafeInteger(at) ? at : undefined
}
