import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decideFiring, fires, nextFire, parseSchedule, previousFire, type Schedule } from './index.ts'

// The oracle: every minute of some days around a change of the clock is looked at, with nothing of the code under test.

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** Zones that change their clocks by an hour, half an hour, two hours, a day, at midnight, or never. */
const zones = [
  'UTC',
  'America/New_York',
  'Europe/Berlin',
  'Australia/Lord_Howe',
  'Asia/Kolkata',
  'America/Sao_Paulo',
  'Pacific/Apia',
  'Africa/Casablanca',
  'Antarctica/Troll',
  'America/Nuuk',
  'Asia/Kathmandu',
]

interface Minute {
  readonly instant: number
  /** The wall clock, as if it were UTC. */
  readonly wall: number
}

/** The minutes around one change of a clock, in order. */
interface Window {
  readonly zone: string
  readonly minutes: readonly Minute[]
}

const formats = new Map(
  zones.map((zone) => [
    zone,
    new Intl.DateTimeFormat('sv', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' }),
  ]),
)

function wallOf(zone: string, instant: number): number {
  return Date.parse(`${formats.get(zone)?.format(instant).replace(' ', 'T')}Z`)
}

function changesOf(zone: string): number[] {
  const offset = (instant: number): number => wallOf(zone, instant) - instant
  const days = Array.from({ length: 15 * 365 }, (_, index) => Date.UTC(2010, 0, 1) + index * day)
  return days
    .filter((start) => offset(start) !== offset(start + day))
    .map((start) => firstMinute(start, (instant) => offset(instant) !== offset(start)))
}

function firstMinute(start: number, changed: (instant: number) => boolean): number {
  for (let instant = start; ; instant += minute) if (changed(instant)) return instant
}

function windowAround(zone: string, change: number): Window {
  const minutes = Array.from({ length: (2 * day) / minute }, (_, index) => {
    const instant = change - day + index * minute
    return { instant, wall: wallOf(zone, instant) }
  })
  return { zone, minutes }
}

/** The last changes of a zone, which are of both directions, and the first ones; any days of a zone without. */
function windowsOf(zone: string): readonly Window[] {
  const changes = changesOf(zone)
  const some = changes.length === 0 ? [Date.UTC(2024, 1, 28)] : [...changes.slice(0, 4), ...changes.slice(-2)]
  return some.map((change) => windowAround(zone, change))
}

const windows = new Map(zones.map((zone) => [zone, windowsOf(zone)]))
const anyWindow = (zone: string): fc.Arbitrary<Window> => fc.constantFrom(...(windows.get(zone) ?? []))

interface Field {
  readonly text: string
  readonly has: (value: number) => boolean
}

function field(first: number, last: number): fc.Arbitrary<Field> {
  const value = fc.integer({ min: first, max: last })
  return fc.oneof(
    fc.constant({ text: '*', has: () => true }),
    fc
      .uniqueArray(value, { minLength: 1, maxLength: 3 })
      .map((values) => ({ text: values.join(','), has: (of: number) => values.includes(of) })),
    fc
      .tuple(value, value)
      .map((pair) => pair.toSorted((a, b) => a - b))
      .map(([a = 0, b = 0]) => ({ text: `${a}-${b}`, has: (of: number) => of >= a && of <= b })),
    fc
      .integer({ min: 2, max: last })
      .map((step) => ({ text: `*/${step}`, has: (of: number) => (of - first) % step === 0 })),
  )
}

const star = fc.constant<Field>({ text: '*', has: () => true })
/** The hours in which clocks change come often. */
const hourField = fc.oneof(
  field(0, 23),
  fc.uniqueArray(fc.constantFrom<number[]>(0, 1, 2, 3, 23), { minLength: 1, maxLength: 3 }).map((hours) => ({
    text: hours.join(','),
    has: (of: number) => hours.includes(of),
  })),
)
// A day field with a step counts as restricted; some crons do not see it so.
const dayField = fc.oneof({ weight: 4, arbitrary: star }, { weight: 1, arbitrary: field(1, 31) })
const weekdayField = fc.oneof({ weight: 4, arbitrary: star }, { weight: 1, arbitrary: field(0, 6) })

interface Cron {
  readonly text: string
  readonly matches: (wall: number) => boolean
  /** Without star and step in minute and hour. */
  readonly appointments: boolean
}

const anyCron: fc.Arbitrary<Cron> = fc
  .tuple(field(0, 59), hourField, dayField, weekdayField)
  .map(([minutes, hours, days, weekdays]) => ({
    text: `${minutes.text} ${hours.text} ${days.text} * ${weekdays.text}`,
    appointments: !/[*/]/.test(minutes.text + hours.text),
    matches: (wall) => {
      const at = new Date(wall)
      const [isDay, isWeekday] = [days.has(at.getUTCDate()), weekdays.has(at.getUTCDay())]
      const either = days.text !== '*' && weekdays.text !== '*'
      const isDate = either ? isDay || isWeekday : isDay && isWeekday
      return isDate && hours.has(at.getUTCHours()) && minutes.has(at.getUTCMinutes())
    },
  }))

function walk(cron: Cron, { minutes }: Window): number[] {
  const seen = new Set<number>()
  let lastWall = Number.POSITIVE_INFINITY
  const found = minutes.filter(({ wall }) => {
    const skipped = wallsBetween(lastWall, wall)
    const first = !seen.has(wall)
    lastWall = wall
    seen.add(wall)
    if (!cron.appointments) return cron.matches(wall)
    return (first && cron.matches(wall)) || skipped.some((at) => isSameDay(at, wall) && cron.matches(at))
  })
  return found.map(({ instant }) => instant * 1_000)
}

function wallsBetween(before: number, after: number): number[] {
  const count = Math.max(0, (after - before) / minute - 1)
  return Array.from({ length: Number.isFinite(count) ? count : 0 }, (_, index) => before + (index + 1) * minute)
}

function isSameDay(a: number, b: number): boolean {
  return Math.floor(a / day) === Math.floor(b / day)
}

function bounds({ minutes }: Window): readonly [from: number, until: number] {
  return [(minutes.at(0)?.instant ?? 0) * 1_000, (minutes.at(-1)?.instant ?? 0) * 1_000]
}

function expectOrder(schedule: Schedule, occurrences: readonly number[]): void {
  for (const [index, at] of occurrences.entries()) {
    const before = occurrences[index - 1]
    if (before === undefined) continue
    expect(at).toBeGreaterThan(before)
    expect(nextFire(schedule, before)).toBe(at)
    expect(nextFire(schedule, at - 1)).toBe(at)
    expect(previousFire(schedule, at)).toBe(before)
    expect(previousFire(schedule, before + 1)).toBe(before)
  }
}

/** Every day or some days apart at one wall-clock time, beginning anywhere before the window. */
const anyInterval = fc.record({
  days: fc.integer({ min: 1, max: 9 }),
  daysBefore: fc.nat(4_000),
  time: fc.oneof(
    fc.constantFrom(0, 0.5, 1.5, 2, 2.25, 2.5, 23.5),
    fc.nat(1_439).map((minutes) => minutes / 60),
  ),
})

function walkDays(days: number, anchorWall: number, { minutes }: Window): number[] {
  const isNominal = (wall: number): boolean => (wall - anchorWall) % (days * day) === 0
  const seen = new Set<number>()
  let lastWall = Number.POSITIVE_INFINITY
  const found = minutes.filter(({ wall }) => {
    const skipped = wallsBetween(lastWall, wall)
    const first = !seen.has(wall)
    lastWall = wall
    seen.add(wall)
    return (first && isNominal(wall)) || (skipped.length < day / minute - 1 && skipped.some(isNominal))
  })
  return found.map(({ instant }) => instant * 1_000)
}

/** The schedule, unless the clocks skipped its anchor, which is refused. */
function intervalOf(days: number, anchor: string, timezone: string): Schedule {
  try {
    return parseSchedule({ every: `${days}d`, anchor, timezone })
  } catch (error) {
    expect(String(error)).toContain('skipped this time')
    fc.pre(false)
    throw error
  }
}

describe.each(zones)('around the changes of the clock in %s', (timezone) => {
  const window = anyWindow(timezone)

  test('any cron fires exactly when a walk over every minute says so', () => {
    fc.assert(
      fc.property(anyCron, window, (cron, around) => {
        const schedule = parseSchedule({ cron: cron.text, timezone })
        const [from, until] = bounds(around)
        expect(fires(schedule, from - 1, until, Number.POSITIVE_INFINITY)).toStrictEqual(walk(cron, around))
      }),
      { numRuns: 30 },
    )
  })

  test('a cron goes back the way it came, strictly in order', () => {
    fc.assert(
      fc.property(anyCron, window, (cron, around) => {
        expectOrder(parseSchedule({ cron: cron.text, timezone }), walk(cron, around).slice(-60))
      }),
      { numRuns: 10 },
    )
  })

  test('what a cron missed is counted without asking for each', () => {
    fc.assert(
      fc.property(anyCron, window, fc.nat(1_400), fc.nat(1_400), (cron, around, start, end) => {
        const schedule = parseSchedule({ cron: cron.text, timezone })
        const [from, until] = bounds(around)
        const missed = walk(cron, around).filter((at) => at >= from + start * 6e7 && at < until - end * 6e7)
        const [nextAt = Number.POSITIVE_INFINITY] = missed
        const { skipped } = decideFiring({ schedule, nextAt, now: until - end * 6e7, misfireGraceMs: 0 })
        expect(skipped).toBe(Math.min(missed.length, 1_000))
      }),
      { numRuns: 25 },
    )
  })

  test('days apart keep their wall-clock time, as a walk over every minute says', () => {
    fc.assert(
      fc.property(anyInterval, window, ({ days, daysBefore, time }, around) => {
        const first = around.minutes.at(0)?.wall ?? 0
        const anchorWall = Math.floor(first / day) * day - daysBefore * day + time * hour
        const anchor = new Date(anchorWall).toISOString().slice(0, -1)
        const schedule = intervalOf(days, anchor, timezone)
        const occurrences = walkDays(days, anchorWall, around)
        const [from, until] = bounds(around)
        expect(fires(schedule, from - 1, until, Number.POSITIVE_INFINITY)).toStrictEqual(occurrences)
        expectOrder(schedule, occurrences)
      }),
      { numRuns: 60 },
    )
  })
})
