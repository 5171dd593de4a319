import type { Schedule } from './schedule.ts'
import { keepsWallClock } from './timetable.ts'

const units = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
  [1_000, 'second'],
] as const

/**
 * A schedule in a few words. The zone of an interval is left out where it changes nothing.
 *
 * @example
 * describeSchedule(parseSchedule({ every: '15m' })) // 'every 15 minutes'
 */
export function describeSchedule(schedule: Schedule): string {
  if (schedule.kind === 'cron') return `cron ${schedule.cron} (${schedule.timezone})`
  const every = `every ${lengthText(schedule.everyMs)}`
  return keepsWallClock(schedule) ? `${every} (${schedule.timezone})` : every
}

/** Exact, unlike a duration that is rounded for people: 90 minutes are not told as 1 hour. */
function lengthText(ms: number): string {
  const [size, unit] = units.find(([candidate]) => ms % candidate === 0) ?? [1, 'millisecond']
  return ms === size ? unit : `${ms / size} ${unit}s`
}
