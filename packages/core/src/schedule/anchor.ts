import type { Micros } from '../time.ts'
import { scheduleInvalid } from './schedule-invalid.ts'
import { type Zone, zoneOf } from './zone.ts'

// A Monday.
const defaultAnchor = '1970-01-05'
const isoPattern = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)?(Z|[+-]\d{2}:\d{2})?$/
const [earliest, latest] = [Date.UTC(1900, 0, 1), Date.UTC(2200, 0, 1)]

/**
 * The anchor of an interval, from a date or ISO text. Text without an offset is read on the wall clock of the zone, never
 * on that of this machine.
 *
 * @throws SluiceError `SCHEDULE_INVALID` when it is not a date between 1900 and 2200.
 */
export function parseAnchor(given: unknown, timezone: string): Micros {
  const zone = zoneOf(timezone)
  const instant = given instanceof Date ? given.getTime() : textInstant(given ?? defaultAnchor, zone)
  if (instant === undefined) throw scheduleInvalid('anchor', given, `the clocks of ${timezone} skipped this time`)
  if (Number.isNaN(instant)) {
    throw scheduleInvalid('anchor', given, "the anchor is not a date; write it as '2026-01-31' or '2026-01-31T09:00'")
  }
  if (instant < earliest || instant >= latest) {
    throw scheduleInvalid('anchor', given, 'the anchor is not between the years 1900 and 2200')
  }
  return instant * 1_000
}

/** NaN when the text is no date, undefined when the zone never had that time: every other occurrence would be off. */
function textInstant(given: unknown, zone: Zone): number | undefined {
  const [, date, time = 'T00:00', offset] = isoPattern.exec(String(given)) ?? []
  if (date === undefined) return Number.NaN
  const wall = Date.parse(`${date}${time}Z`)
  // 30 February is read as 2 March.
  if (Number.isNaN(wall) || !new Date(wall).toISOString().startsWith(date)) return Number.NaN
  if (offset !== undefined) return Date.parse(`${date}${time}${offset}`)
  const instant = zone.instantOf(wall)
  return instant !== undefined && zone.wallAt(instant) === wall ? instant : undefined
}
