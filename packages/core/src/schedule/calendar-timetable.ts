import type { Micros } from '../time.ts'
import { exactly } from './exactly.ts'
import type { IntervalSchedule } from './schedule.ts'
import type { Timetable } from './timetable.ts'
import { zoneOf } from './zone.ts'

/**
 * Occurrences some whole days apart, each at the wall-clock time of the anchor. Where that time is skipped it is the end
 * of the gap, where it comes twice it is the first; a day that a zone never had has no occurrence, and is counted
 * all the same where days are counted.
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
  const wallAt = (at: Micros): number => zone.wallAt(Math.floor(at / 1_000))
  const indexAt = (at: Micros): number => Math.floor((wallAt(at) - anchorWall) / everyMs)

  const firstAfter = (after: Micros): Micros => {
    let index = indexAt(after)
    let at = occurrence(index)
    while (at === undefined || at <= after) at = occurrence(++index)
    return at
  }
  const lastBefore = (before: Micros): Micros => {
    // In an hour that comes twice the wall can tell a time before one that has happened.
    let index = indexAt(before) + 1
    let at = occurrence(index)
    while (at === undefined || at >= before) at = occurrence(--index)
    return at
  }
  return {
    next: (after) => exactly(firstAfter(after)),
    previous: (before) => exactly(lastBefore(before)),
    count: (from, until) => {
      const first = firstAfter(from - 1)
      // Rounded because the end of a gap is up to some hours after the time that it stands for.
      return first >= until ? 0 : Math.round((wallAt(lastBefore(until)) - wallAt(first)) / everyMs) + 1
    },
  }
}
