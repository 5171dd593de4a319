import type { Micros } from '../time.ts'
import type { Schedule } from './schedule.ts'
import { timetableOf } from './timetable.ts'

/** The first occurrence of a schedule after an instant, or undefined when there is none before the year 2255. */
export function nextFire(schedule: Schedule, after: Micros): Micros | undefined {
  return timetableOf(schedule).next(after)
}

/** The last occurrence of a schedule before an instant, or undefined when there is none after the year 1684. */
export function previousFire(schedule: Schedule, before: Micros): Micros | undefined {
  return timetableOf(schedule).previous(before)
}

/**
 * The occurrences after `after` and not after `until`, oldest first, at most `limit`. A cron costs some 40 µs each.
 *
 * @example
 * fires(schedule, now, Number.POSITIVE_INFINITY, 5) // the next five
 */
export function fires(schedule: Schedule, after: Micros, until: Micros, limit: number): readonly Micros[] {
  const { next } = timetableOf(schedule)
  const found: Micros[] = []
  let at = next(after)
  while (at !== undefined && at <= until && found.length < limit) {
    found.push(at)
    at = next(at)
  }
  return found
}
