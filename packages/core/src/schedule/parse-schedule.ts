import { type Duration, parseDuration } from '../duration.ts'
import { SluiceError } from '../errors.ts'
import { parseAnchor } from './anchor.ts'
import { parseCronText } from './cron-text.ts'
import type { CronSchedule, IntervalSchedule, Schedule, ScheduleOptions } from './schedule.ts'
import { scheduleInvalid } from './schedule-invalid.ts'
import { timetableOf } from './timetable.ts'
import { parseZone } from './zone.ts'

const known: readonly string[] = ['cron', 'every', 'anchor', 'timezone']
const [shortestMs, longestMs] = [1_000, 36_525 * 86_400_000]

/**
 * The schedule that a user's options mean, checked so that nothing which asks it later can fail.
 *
 * @throws SluiceError `SCHEDULE_INVALID` naming the option and what is wrong with it, `OPTION_UNKNOWN` for a misspelt one.
 * @example
 * parseSchedule({ cron: '0 5 1 * *', timezone: 'Europe/Berlin' })
 * parseSchedule({ every: '15m' })
 */
export function parseSchedule(given: ScheduleOptions): Schedule {
  const { cron, every, anchor, timezone = 'UTC' } = fieldsOf(given)
  if ((cron === undefined) === (every === undefined)) {
    throw scheduleInvalid('schedule', given, 'give it either `cron` or `every`')
  }
  if (every !== undefined) return parseInterval(every, anchor, timezone)
  if (anchor !== undefined) throw scheduleInvalid('anchor', anchor, 'only an interval (`every`) has an anchor')
  return parseCron(cron, timezone)
}

/** The options by name, whatever untyped code gave. */
function fieldsOf(given: unknown): { readonly [option: string]: unknown } {
  if (typeof given !== 'object' || given === null) {
    throw scheduleInvalid('schedule', given, "write it as an object such as { cron: '0 5 * * *' }")
  }
  const option = Object.keys(given).find((key) => !known.includes(key))
  if (option !== undefined) throw new SluiceError('OPTION_UNKNOWN', { option, of: 'a schedule', known })
  return { ...given }
}

function parseCron(given: unknown, timezone: unknown): CronSchedule {
  const schedule = { kind: 'cron', cron: parseCronText(given), timezone: parseZone(timezone) } as const
  if (timetableOf(schedule).next(0) !== undefined) return schedule
  throw scheduleInvalid('cron', given, 'it never fires: none of its months has such a day')
}

function parseInterval(every: unknown, anchor: unknown, timezone: unknown): IntervalSchedule {
  const zone = parseZone(timezone)
  return { kind: 'interval', everyMs: parseEvery(every), anchor: parseAnchor(anchor, zone), timezone: zone }
}

function parseEvery(given: unknown): number {
  const ms = durationMs(given)
  if (ms < shortestMs) throw scheduleInvalid('every', given, 'an interval is at least 1 second')
  if (ms > longestMs) throw scheduleInvalid('every', given, 'an interval is at most 100 years')
  if (!Number.isInteger(ms)) throw scheduleInvalid('every', given, 'an interval is a whole number of milliseconds')
  return ms
}

function durationMs(given: unknown): number {
  try {
    return parseDuration(given as Duration)
  } catch (cause) {
    throw scheduleInvalid('every', given, "the interval is not a duration such as '15m', '2h' or '1d'", cause)
  }
}
