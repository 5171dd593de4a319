import * as fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { fires, nextFire, parseSchedule, previousFire, type ScheduleOptions } from './index.ts'

const micros = (text: string): number => Date.parse(text) * 1_000
const texts = (found: readonly number[]): string[] =>
  found.map((at) => new Date(at / 1_000).toISOString().replace(':00.000Z', 'Z'))

/** The first occurrences after an instant. */
function after(options: ScheduleOptions, text: string, limit: number): string[] {
  return texts(fires(parseSchedule(options), micros(text), Number.POSITIVE_INFINITY, limit))
}

const timezone = 'America/New_York'
// Clocks go forward at 2026-03-08T07:00Z (02:00) and back at 2026-11-01T06:00Z (02:00).

describe('when the clock is set forward', () => {
  test('a time that is skipped happens once, when the gap ends', () => {
    expect(after({ cron: '30 2 * * *', timezone }, '2026-03-07T08:00Z', 2)).toStrictEqual([
      '2026-03-08T07:00Z',
      '2026-03-09T06:30Z',
    ])
    expect(after({ cron: '0,30 2,3 * * *', timezone }, '2026-03-08T06:00Z', 3)).toStrictEqual([
      '2026-03-08T07:00Z',
      '2026-03-08T07:30Z',
      '2026-03-09T06:00Z',
    ])
  })

  test('a rhythm goes on after the gap', () => {
    expect(after({ cron: '*/30 2,3 * * *', timezone }, '2026-03-08T06:00Z', 2)).toStrictEqual([
      '2026-03-08T07:00Z',
      '2026-03-08T07:30Z',
    ])
    expect(after({ cron: '0 * * * *', timezone }, '2026-03-08T05:30Z', 3)).toStrictEqual([
      '2026-03-08T06:00Z',
      '2026-03-08T07:00Z',
      '2026-03-08T08:00Z',
    ])
  })

  test('a daily interval at a skipped time happens when the gap ends, and the day after at its own time', () => {
    const daily = { every: '1d', anchor: '2026-01-01T02:30', timezone } as const
    expect(after(daily, '2026-03-07T08:00Z', 2)).toStrictEqual(['2026-03-08T07:00Z', '2026-03-09T06:30Z'])
  })
})

describe('when the clock is set back', () => {
  test('a time that comes twice happens the first time only', () => {
    const first = ['2026-11-01T05:30Z', '2026-11-02T06:30Z']
    expect(after({ cron: '30 1 * * *', timezone }, '2026-11-01T00:00Z', 2)).toStrictEqual(first)
    expect(after({ every: '1d', anchor: '2026-01-01T01:30', timezone }, '2026-11-01T00:00Z', 2)).toStrictEqual(first)
  })

  test('the last occurrence is found also where the clock shows a time before it', () => {
    const secondTen = micros('2026-11-01T06:10Z')
    for (const rule of [{ cron: '30 1 * * *' }, { every: '1d', anchor: '2026-01-01T01:30' }] as const) {
      const schedule = parseSchedule({ ...rule, timezone })
      expect(previousFire(schedule, secondTen)).toBe(micros('2026-11-01T05:30Z'))
      expect(nextFire(schedule, secondTen)).toBe(micros('2026-11-02T06:30Z'))
    }
  })

  test('a rhythm goes through the hour both times', () => {
    expect(after({ cron: '*/30 1 * * *', timezone }, '2026-11-01T00:00Z', 4)).toStrictEqual([
      '2026-11-01T05:00Z',
      '2026-11-01T05:30Z',
      '2026-11-01T06:00Z',
      '2026-11-01T06:30Z',
    ])
  })
})

describe('an interval', () => {
  test('of hours is elapsed time, whatever the clocks do', () => {
    const every: ScheduleOptions = { every: '12h', anchor: '2026-03-07T09:00', timezone }
    expect(after(every, '2026-03-07T14:00Z', 3)).toStrictEqual([
      '2026-03-08T02:00Z',
      '2026-03-08T14:00Z',
      '2026-03-09T02:00Z',
    ])
  })

  test('of days keeps the hour of its zone, one that is no whole days does not', () => {
    const anchor = '2026-03-07T09:00'
    expect(after({ every: '1d', anchor, timezone }, '2026-03-07T15:00Z', 1)).toStrictEqual(['2026-03-08T13:00Z'])
    expect(after({ every: '36h', anchor, timezone }, '2026-03-07T15:00Z', 1)).toStrictEqual(['2026-03-09T02:00Z'])
    expect(after({ every: '1d', anchor: '2026-03-07T14:00Z' }, '2026-03-07T15:00Z', 1)).toStrictEqual([
      '2026-03-08T14:00Z',
    ])
  })

  test('of days has none on a day that a zone never had', () => {
    const daily = { every: '1d', anchor: '2011-12-25T12:00', timezone: 'Pacific/Apia' } as const
    expect(after(daily, '2011-12-29T00:00Z', 2)).toStrictEqual(['2011-12-29T22:00Z', '2011-12-30T22:00Z'])
    const schedule = parseSchedule(daily)
    expect(previousFire(schedule, micros('2011-12-30T22:00Z'))).toBe(micros('2011-12-29T22:00Z'))
  })

  test('has occurrences before its anchor too, which only fixes the phase', () => {
    const schedule = parseSchedule({ every: '1h', anchor: '2026-06-01T00:20Z' })
    expect(nextFire(schedule, micros('2026-01-01T00:00Z'))).toBe(micros('2026-01-01T00:20Z'))
    expect(previousFire(schedule, micros('2026-06-01T00:20Z'))).toBe(micros('2026-05-31T23:20Z'))
  })

  test('of whole days keeps microseconds that a program put into its anchor', () => {
    const schedule = { kind: 'interval', everyMs: 86_400_000, anchor: 1_234_567, timezone } as const
    expect(nextFire(schedule, 1_234_566)).toBe(1_234_567)
    expect(nextFire(schedule, 1_234_567)).toBe(1_234_567 + 86_400_000_000)
    expect(previousFire(schedule, 1_234_568)).toBe(1_234_567)
  })

  test('in elapsed time is its phase plus a multiple, strictly after and strictly before', () => {
    const instants = fc.integer({ min: Date.UTC(1970, 0), max: Date.UTC(2200, 0) }).map((ms) => ms * 1_000 + 7)
    fc.assert(
      fc.property(fc.integer({ min: 1_000, max: 1e12 }), instants, instants, (everyMs, anchor, from) => {
        const schedule = { kind: 'interval', everyMs, anchor, timezone: 'UTC' } as const
        const next = nextFire(schedule, from) ?? Number.NaN
        const every = BigInt(everyMs) * 1_000n
        expect((BigInt(next) - BigInt(anchor)) % every).toBe(0n)
        expect(next).toBeGreaterThan(from)
        expect(BigInt(next) - BigInt(from)).toBeLessThanOrEqual(every)
        expect(nextFire(schedule, next - 1)).toBe(next)
        expect(previousFire(schedule, next)).toBe(previousFire(schedule, from + 1))
      }),
    )
  })
})

describe('the occurrences of a schedule', () => {
  test('come after one instant and not after another, as many as are wanted', () => {
    const schedule = parseSchedule({ every: '1h' })
    const [from, until] = [micros('2026-01-01T01:00Z'), micros('2026-01-01T04:00Z')]
    const all = ['2026-01-01T02:00Z', '2026-01-01T03:00Z', '2026-01-01T04:00Z']
    expect(texts(fires(schedule, from, until, 10))).toStrictEqual(all)
    expect(texts(fires(schedule, from, until, 2))).toStrictEqual(all.slice(0, 2))
    expect(texts(fires(schedule, from - 1, until - 1, 10))).toStrictEqual(['2026-01-01T01:00Z', ...all.slice(0, 2)])
  })

  test.each([{ cron: '0 0 29 2 *' }, { every: '1d' }, { every: '1d', timezone }] satisfies ScheduleOptions[])(
    'of %j end where a number cannot hold them exactly',
    (options) => {
      const schedule = parseSchedule(options)
      expect(nextFire(schedule, Number.MAX_SAFE_INTEGER)).toBeUndefined()
      expect(previousFire(schedule, Number.MIN_SAFE_INTEGER)).toBeUndefined()
      expect(fires(schedule, Number.MAX_SAFE_INTEGER - 5, Number.POSITIVE_INFINITY, 10)).toStrictEqual([])
    },
  )

  test('between the seconds are found from microseconds', () => {
    const schedule = parseSchedule({ cron: '0 * * * *' })
    const at = micros('2026-01-01T01:00Z')
    expect([at - 1, at - 999].map((from) => nextFire(schedule, from))).toStrictEqual([at, at])
    expect([at + 1, at + 999].map((before) => previousFire(schedule, before))).toStrictEqual([at, at])
    expect(previousFire(schedule, at)).toBe(at - 3_600_000_000)
  })
})

describe('this machine', () => {
  afterEach(() => {
    vi.unstubAllGlobals()
  })

  test('is asked neither for the time nor for a timer', () => {
    const schedule = parseSchedule({ cron: '30 2 * * *', timezone })
    const from = micros('2026-03-07T08:00Z')
    const expected = [nextFire(schedule, from), previousFire(schedule, from)]
    const refuse = (): never => {
      throw new Error('asked')
    }
    // The library makes `new Date()` without using it: here it is no time, and every use of one would show.
    class NoClock extends Date {
      constructor(...given: readonly [] | readonly [number | string | Date]) {
        super(given[0] ?? Number.NaN)
      }
      static override now = refuse
    }
    Object.assign(NoClock, { UTC: Date.UTC, parse: Date.parse })
    for (const name of ['setTimeout', 'setInterval', 'setImmediate']) vi.stubGlobal(name, refuse)
    vi.stubGlobal('Date', NoClock)
    const found = [nextFire(schedule, from), previousFire(schedule, from)]
    vi.unstubAllGlobals()
    expect(found).toStrictEqual(expected)
  })
})
