import { Cron, CronPattern } from 'croner'
import type { Micros } from '../time.ts'
import { exactly } from './exactly.ts'
import type { CronSchedule } from './schedule.ts'
import type { Timetable } from './timetable.ts'
import { type Zone, zoneOf } from './zone.ts'

// "no-wildcard" is the rule of Vixie cron: a list of hours is a list of appointments, not a rhythm.
const options = { mode: '5-part', fixedTimeRule: 'no-wildcard' } as const
/** Occurrences are counted up to here: 1 000 then means "1 000 or more". */
const mostCounted = 1_000
const minuteMs = 60_000
const dayMs = 86_400_000

/**
 * Occurrences of a cron on the wall clock of its zone.
 *
 * When the clock is set forward or back, a cron without star and step in its minute and hour (`30 2 * * *`,
 * `0,30 2,14 * * *`) keeps its appointments: a time that is skipped happens once, when the gap ends (02:30 at 03:00), and
 * one that comes twice happens the first time only. Any other (`0 * * * *`) keeps its rhythm: nothing is made up for the
 * gap, and every minute that matches happens, both times. A gap that ends at midnight, and a day that a zone never had,
 * take along the appointments in them.
 *
 * The library reads the system clock, but uses it only when it is given no instant, which never happens here.
 */
export function cronTimetable({ cron: text, timezone }: CronSchedule): Timetable {
  const zone = zoneOf(timezone)
  const cron = new Cron(text, { ...options, timezone: zone.canonicalName })
  const next = (after: Micros): Micros | undefined => microsOf(cron.nextRun(new Date(Math.floor(after / 1_000))))
  return {
    next,
    previous: (before) => microsOf(cron.previousRuns(1, new Date(Math.ceil(before / 1_000)))[0]),
    count: (from, until) => countByDay(next, minutesOfDay(text), zone, from, until),
  }
}

function microsOf(date: Date | null | undefined): Micros | undefined {
  return date ? exactly(date.getTime() * 1_000) : undefined
}

/** The times of day of a cron, as milliseconds after midnight. */
function minutesOfDay(text: string): readonly number[] {
  const { hour, minute } = new CronPattern(text, undefined, options)
  return hour.flatMap((isHour, hours) =>
    isHour ? minute.flatMap((isMinute, minutes) => (isMinute ? [(hours * 60 + minutes) * minuteMs] : [])) : [],
  )
}

/**
 * Counts a whole day at a time: asking for each occurrence of a minutely cron took 40 µs, an outage of hours half a second
 * on every schedule. Only what follows on a day whose clock does not change is counted without asking.
 */
function countByDay(
  next: (after: Micros) => Micros | undefined,
  times: readonly number[],
  zone: Zone,
  from: Micros,
  until: Micros,
): number {
  let count = 0
  let at = next(from - 1)
  while (at !== undefined && at < until && count < mostCounted) {
    count++
    const instant = at / 1_000
    const wall = zone.wallAt(instant)
    const midnight = Math.floor(wall / dayMs) * dayMs
    const lastInstant = midnight + dayMs - 1 - (wall - instant)
    const isSteady = zone.wallAt(lastInstant) === midnight + dayMs - 1
    if (isSteady) count += countBetween(times, wall - midnight, until / 1_000 - instant + wall - midnight)
    at = next(isSteady ? lastInstant * 1_000 : at)
  }
  return Math.min(count, mostCounted)
}

function countBetween(times: readonly number[], after: number, before: number): number {
  return times.filter((time) => time > after && time < before).length
}
