import { nearest } from '../nearest.ts'
import { safely } from '../safely.ts'
import { scheduleInvalid } from './schedule-invalid.ts'

/**
 * The wall clock of a time zone. Instants are milliseconds UTC; a wall-clock time is the number of milliseconds that its
 * date and time would have in UTC, so that days and hours can be counted with plain arithmetic.
 */
export interface Zone {
  /** One spelling per zone, whatever alias or case was given. */
  readonly canonicalName: string
  readonly wallAt: (instant: number) => number
  /**
   * When the clock shows this time: the first of two when it is set back, the end of the gap when it is set forward over
   * it, and undefined when a change of the date line skipped a whole day.
   */
  readonly instantOf: (wall: number) => number | undefined
}

const dayMs = 86_400_000
// No zone was ever further than this from UTC.
const farthestMs = 16 * 3_600_000
const mostZones = 1_000
const zones = new Map<string, Zone>()

/** The zone of a checked name. Zones are kept, because making the formatter of one costs more than any use of it. */
export function zoneOf(name: string): Zone {
  const known = zones.get(name)
  if (known) return known
  const zone = makeZone(name)
  // Aliases in any case are legal, so names are endless.
  if (zones.size >= mostZones) zones.clear()
  zones.set(name, zone)
  return zone
}

/**
 * The name of a zone, checked.
 *
 * @throws SluiceError `SCHEDULE_INVALID` with the nearest name there is.
 */
export function parseZone(given: unknown): string {
  if (typeof given !== 'string') throw scheduleInvalid('timezone', given, 'the time zone must be text')
  // An offset knows nothing of summer time, which a zone is given for.
  if (/^[+-]/.test(given)) throw scheduleInvalid('timezone', given, 'it is an offset, not the name of a time zone')
  if (safely(() => zoneOf(given)) === undefined) throw unknownZone(given)
  return given
}

function unknownZone(given: string): Error {
  const near = nearest(given, ['UTC', ...Intl.supportedValuesOf('timeZone')])
  const hint = near === undefined ? '' : ` (did you mean '${near}'?)`
  return scheduleInvalid('timezone', given, `there is no such zone${hint}`)
}

function makeZone(name: string): Zone {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: name,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  const wallAt = (instant: number): number => wallOf(format, instant)
  return {
    canonicalName: format.resolvedOptions().timeZone,
    wallAt,
    instantOf: (wall) => firstInstantOf(wallAt, wall),
  }
}

/** Read from text such as '11/14/2023, 23:13:20': parts cost twice as much. */
function wallOf(format: Intl.DateTimeFormat, instant: number): number {
  const [month = 0, day = 0, year = 0, hour = 0, minute = 0, second = 0] = format
    .format(instant)
    .split(/\D+/)
    .map(Number)
  return Date.UTC(year, month - 1, day, hour, minute, second) + (instant - Math.floor(instant / 1_000) * 1_000)
}

function firstInstantOf(wallAt: (instant: number) => number, wall: number): number | undefined {
  const offsetAt = (instant: number): number => wallAt(instant) - instant
  const before = offsetAt(wall - farthestMs)
  const after = offsetAt(wall + farthestMs)
  const candidates = [wall - Math.max(before, after), wall - Math.min(before, after)]
  const first = candidates.find((instant) => wallAt(instant) === wall)
  if (first !== undefined) return first
  if (after - before >= dayMs) return undefined
  return changeOf(offsetAt, wall - after, wall - before)
}

/** The first instant after `from` that has the offset of `to`. */
function changeOf(offsetAt: (instant: number) => number, from: number, to: number): number {
  const target = offsetAt(to)
  let [low, high] = [from, to]
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (offsetAt(middle) === target) high = middle
    else low = middle
  }
  return high
}
