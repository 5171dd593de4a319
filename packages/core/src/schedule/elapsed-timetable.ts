import type { Micros } from '../time.ts'
import { exactly } from './exactly.ts'
import type { IntervalSchedule } from './schedule.ts'
import type { Timetable } from './timetable.ts'

/** Occurrences a fixed time apart, through every change of a wall clock. */
export function elapsedTimetable(schedule: IntervalSchedule): Timetable {
  const every = schedule.everyMs * 1_000
  const phase = remainder(schedule.anchor, every)
  // Remainders first: the difference of two instants can be too large to be exact.
  const sinceLast = (at: Micros): number => remainder(remainder(at, every) - phase, every)
  const next = (after: Micros): Micros | undefined => exactly(after + every - sinceLast(after))
  return {
    next,
    previous: (before) => exactly(before - (sinceLast(before) || every)),
    count: (from, until) => {
      const first = next(from - 1)
      return first === undefined || first >= until ? 0 : Math.ceil((until - first) / every)
    },
  }
}

/** The remainder that is never negative. */
function remainder(dividend: number, divisor: number): number {
  return ((dividend % divisor) + divisor) % divisor
}
