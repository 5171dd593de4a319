import type { Micros } from '../time.ts'
import { countByWalking, exactly } from './counting.ts'
import type { IntervalSchedule } from './schedule.ts'
import type { Timetable } from './timetable.ts'
import { zoneOf } from './zone.ts'

/**
 * Occurrences some whole days apart, each at the wall-clock time of the anchor. Where that time is skipped it is the end
 * of the gap, where it comes twice it is the first; a day that a zone never had has no occurrence.
 */
export function calendarTimetable(schedule: IntervalSchedule): Timetable {
  const { everyMs, anchor } = schedule
  const zone = zoneOf(schedule.timezone)
  const anchorMs = Math.floor(anchor / 1_000)
  const anchorWall = zone.wallAt(anchorMs)
  const belowMs = anchor - anchorMs * 1_000

  const occurrence = (index: number): Micros | undefined => {
    const instant = zone.instantOf(anchorWall + index * everyMs)
    return instant === undefined ? undefined : instant * 1_000 + belowMs
  }
  const indexAt = (at: Micros): number => Math.floor((zone.wallAt(Math.floor(at / 1_000)) - anchorWall) / everyMs)

  // One index early: around a change of the clock the wall tells a time that is not in the order of instants.
  const next = (after: Micros): Micros | undefined => {
    let index = indexAt(after) - 1
    let at = occurrence(index)
    while (at === undefined || at <= after) at = occurrence(++index)
    return exactly(at)
  }
  const previous = (before: Micros): Micros | undefined => {
    let index = indexAt(before) + 1
    let at = occurrence(index)
    while (at === undefined || at >= before) at = occurrence(--index)
    return exactly(at)
  }
  return { next, previous, count: (from, until) => countByWalking(next, from, until) }
}
