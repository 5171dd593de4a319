import type { Micros } from '../time.ts'
import { calendarTimetable } from './calendar-timetable.ts'
import { cronTimetable } from './cron-timetable.ts'
import { elapsedTimetable } from './elapsed-timetable.ts'
import type { IntervalSchedule, Schedule } from './schedule.ts'

/** The occurrences of one schedule, in order, without an end in either direction. */
export interface Timetable {
  /** The first occurrence after an instant. */
  readonly next: (after: Micros) => Micros | undefined
  /** The last occurrence before an instant. */
  readonly previous: (before: Micros) => Micros | undefined
  /** How many occurrences there are from one instant up to, not including, another; of a cron, up to 1 000. */
  readonly count: (from: Micros, until: Micros) => number
}

const dayMs = 86_400_000

/** The timetable of a checked schedule. Making one costs as much as asking it once, so that none is kept. */
export function timetableOf(schedule: Schedule): Timetable {
  if (schedule.kind === 'cron') return cronTimetable(schedule)
  return keepsWallClock(schedule) ? calendarTimetable(schedule) : elapsedTimetable(schedule)
}

/** Whether an interval is counted in days of a wall clock rather than in elapsed time. */
export function keepsWallClock({ everyMs, timezone }: IntervalSchedule): boolean {
  return everyMs % dayMs === 0 && timezone !== 'UTC'
}
