import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Duration, isSluiceError } from '../index.ts'
import { describeSchedule, nextFire, parseSchedule, type ScheduleOptions } from './index.ts'

const micros = (text: string): number => Date.parse(text) * 1_000

describe('a cron', () => {
  test('is kept as plain data with single spaces, in UTC unless told otherwise', () => {
    expect(parseSchedule({ cron: ' 0  5 1\t* * ' })).toStrictEqual({
      kind: 'cron',
      cron: '0 5 1 * *',
      timezone: 'UTC',
    })
    expect(parseSchedule({ cron: '@Daily', timezone: 'Asia/Kolkata' })).toStrictEqual({
      kind: 'cron',
      cron: '@daily',
      timezone: 'Asia/Kolkata',
    })
  })

  test.each([
    ['@hourly', '2026-03-15T11:00Z'],
    ['@daily', '2026-03-16T00:00Z'],
    ['@midnight', '2026-03-16T00:00Z'],
    ['@weekly', '2026-03-22T00:00Z'],
    ['@monthly', '2026-04-01T00:00Z'],
    ['@yearly', '2027-01-01T00:00Z'],
    ['@annually', '2027-01-01T00:00Z'],
    ['0 5 1 * *', '2026-04-01T05:00Z'],
    ['0 0 L * *', '2026-03-31T00:00Z'],
    ['0 0 * FEB SUN#2', '2027-02-14T00:00Z'],
    ['0 0 29 2 *', '2028-02-29T00:00Z'],
    ['0 0 15W 8 *', '2026-08-14T00:00Z'],
    ['30 8-18/2 * * MON-FRI', '2026-03-16T08:30Z'],
    ['0 0 1 * 5', '2026-03-20T00:00Z'],
    ['0 0 * * 7', '2026-03-22T00:00Z'],
  ])('%s fires next at %s', (cron, next) => {
    expect(nextFire(parseSchedule({ cron }), micros('2026-03-15T10:20:30Z'))).toBe(micros(next))
  })

  test.each([
    ['5 * 1 0 *', "in the field 'month', '0' is outside 1 to 12"],
    ['60 * * * *', "in the field 'minute', '60' is outside 0 to 59"],
    ['* 24 * * *', "in the field 'hour', '24' is outside 0 to 23"],
    ['* * 1-32 * *', "in the field 'day of month', '1-32' is outside 1 to 31"],
    ['* * * * 8', "in the field 'day of week', '8' is outside 0 to 7"],
    ['* 22-2 * * *', "in the field 'hour', '22-2' runs backwards: write two ranges"],
    ['5/15 * * * *', "in the field 'minute', '5/15' needs a range before its step: write 5-59/15"],
    ['1,x,2 * * * *', "in the field 'minute', 'x' is not understood: it takes *, numbers from 0 to 59"],
    ['1-5/0 * * * *', "in the field 'minute', '1-5/0' is not understood"],
    ['* * * * FRY', "in the field 'day of week', 'FRY' is not understood"],
    ['* * LW,1 * *', "in the field 'day of month', 'LW,1' is not understood"],
    ['0 0 1,,2 * *', "in the field 'day of month', '' is not understood"],
    ['', 'it is empty'],
    ['  ', 'it is empty'],
    ['5', 'it has 1 field, but a cron has five: minute, hour, day of month, month and day of week'],
    ['* * *', 'it has 3 fields, but a cron has five'],
    ['0 0 * * * *', 'it has 6 fields, but a cron has five: minute, hour'],
    ['0 0 0 1 1 * 2030', 'there is none for seconds or years'],
    ['@hurly', "there is no such nickname; did you mean '@hourly'?"],
    ['@reboot', 'there is no such nickname; there are @hourly, @daily'],
    ['0 0 31 2 *', 'it never fires: none of its months has such a day'],
    ['0 0 31W 4,6 *', 'it never fires'],
    [`${'1,'.repeat(300)}1 * * * *`, 'it is longer than 500 characters'],
    // What looks like a date is one for the library below.
    ['2026-01-01T00:00:00 * * * *', "'2026-01-01T00:00:00' is not understood"],
    ['Jan 1 2026 10:00 UTC', "in the field 'minute', 'Jan' is not understood"],
    [5, 'the cron must be text'],
  ])('%j is refused: %s', (cron, problem) => {
    expect(problemOf({ cron: cron as string })).toContain(problem)
  })

  test('has no anchor', () => {
    expect(problemOf({ cron: '@daily', anchor: '2026-01-01' })).toContain('only an interval')
  })

  test('of any text is either understood or refused with a reason', () => {
    const characters = fc.constantFrom(...'0123456789*/,-#LW?+@ MONJAN:.Z\n')
    fc.assert(
      fc.property(fc.string({ unit: characters, maxLength: 20 }), (cron) => {
        if (problemOf({ cron }) === undefined) expect(nextFire(parseSchedule({ cron }), 0)).toBeGreaterThan(0)
      }),
      { numRuns: 500 },
    )
  })
})

describe('an interval', () => {
  test('is kept as plain data, anchored at a Monday midnight of its zone', () => {
    expect(parseSchedule({ every: '15m' })).toStrictEqual({
      kind: 'interval',
      everyMs: 900_000,
      anchor: micros('1970-01-05T00:00Z'),
      timezone: 'UTC',
    })
    expect(parseSchedule({ every: '1w', timezone: 'America/New_York' })).toMatchObject({
      anchor: micros('1970-01-05T05:00Z'),
    })
  })

  test.each([
    ['2026-01-31', micros('2026-01-31T05:00Z')],
    ['2026-07-31T09:00', micros('2026-07-31T13:00Z')],
    ['2026-07-31T09:00:30.25', micros('2026-07-31T13:00:30.250Z')],
    ['2026-07-31T09:00Z', micros('2026-07-31T09:00Z')],
    ['2026-07-31T09:00+05:30', micros('2026-07-31T03:30Z')],
    [new Date('2026-07-31T09:00Z'), micros('2026-07-31T09:00Z')],
  ])('reads its anchor %s in its own zone, not in that of the machine', (anchor, at) => {
    expect(parseSchedule({ every: '1d', anchor, timezone: 'America/New_York' })).toMatchObject({ anchor: at })
  })

  test.each([
    [{ every: '0.5s' }, 'an interval is at least 1 second'],
    [{ every: 0 }, 'an interval is at least 1 second'],
    [{ every: '6000w' }, 'an interval is at most 100 years'],
    [{ every: 1_000.5 }, 'an interval is a whole number of milliseconds'],
    [{ every: '1x' as Duration }, 'the interval is not a duration'],
    [{ every: null as never }, 'the interval is not a duration'],
    [{ every: '1d', anchor: 'tomorrow' }, "the anchor is not a date; write it as '2026-01-31'"],
    [{ every: '1d', anchor: '2026-02-30' }, 'the anchor is not a date'],
    [{ every: '1d', anchor: '2026-13-01' }, 'the anchor is not a date'],
    [{ every: '1d', anchor: '2026-01-01T25:00' }, 'the anchor is not a date'],
    [{ every: '1d', anchor: '2026-01-01T10:00+99:00' }, 'the anchor is not a date'],
    [{ every: '1d', anchor: new Date(Number.NaN) }, 'the anchor is not a date'],
    [{ every: '1d', anchor: 5 as never }, 'the anchor is not a date'],
    [{ every: '1d', anchor: '1899-12-31T23:59Z' }, 'the anchor is not between the years 1900 and 2200'],
    [{ every: '1d', anchor: '2200-01-01T00:00Z' }, 'the anchor is not between the years 1900 and 2200'],
    [
      { every: '1d', anchor: '2026-03-29T02:30', timezone: 'Europe/Berlin' },
      'the clocks of Europe/Berlin skipped this time',
    ],
    [{ every: '1d', anchor: '2011-12-30', timezone: 'Pacific/Apia' }, 'the clocks of Pacific/Apia skipped this time'],
  ] satisfies [ScheduleOptions, string][])('%j is refused: %s', (options, problem) => {
    expect(problemOf(options)).toContain(problem)
  })

  test('has its default anchor at midnight of a Monday in every zone', () => {
    for (const timezone of Intl.supportedValuesOf('timeZone')) {
      const { anchor } = parseSchedule({ every: '1w', timezone }) as { anchor: number }
      const text = new Intl.DateTimeFormat('en', { timeZone: timezone, weekday: 'long', timeStyle: undefined })
      expect(text.format(anchor / 1_000)).toBe('Monday')
    }
  })
})

describe('a time zone', () => {
  test.each([
    ['Europe/Berln', "there is no such zone (did you mean 'Europe/Berlin'?)"],
    ['Utc0', "there is no such zone (did you mean 'UTC'?)"],
    ['Middle-earth/Minas_Tirith', 'there is no such zone'],
    ['', 'there is no such zone'],
    ['+02:00', 'it is an offset, not the name of a time zone'],
    ['-05', 'it is an offset'],
    [null, 'the time zone must be text'],
  ])('%j is refused: %s', (timezone, problem) => {
    expect(problemOf({ cron: '@daily', timezone: timezone as string })).toContain(problem)
    expect(problemOf({ every: '1d', timezone: timezone as string })).toContain(problem)
  })

  test.each(['US/Eastern', 'Etc/GMT-2', 'asia/kolkata', 'EST5EDT'])('may be an alias: %s', (timezone) => {
    expect(parseSchedule({ cron: '@daily', timezone })).toMatchObject({ timezone })
  })

  test('under any number of spellings is remembered in bounded memory, and stays the same zone', () => {
    const letters = [...'AMERICA/NEW_YORK']
    for (let spelling = 0; spelling < 1_200; spelling++) {
      const timezone = letters.map((letter, at) => ((spelling >> at) & 1 ? letter.toLowerCase() : letter)).join('')
      const schedule = { kind: 'cron', cron: '0 5 * * *', timezone } as const
      expect(nextFire(schedule, micros('2026-01-01T00:00Z'))).toBe(micros('2026-01-01T10:00Z'))
    }
  })
})

describe('options', () => {
  test.each([
    [{}, 'give it either `cron` or `every`'],
    [{ cron: '@daily', every: '1d' }, 'give it either `cron` or `every`'],
    [null, "write it as an object such as { cron: '0 5 * * *' }"],
    ['0 5 * * *', 'write it as an object'],
  ])('%j are refused: %s', (options, problem) => {
    expect(problemOf(options as never)).toContain(problem)
  })

  test('with a misspelt name are refused with the right one', () => {
    const call = () => parseSchedule({ cron: '@daily', timezon: 'UTC' } as never)
    expect(call).toThrow("Option 'timezon' of a schedule is not known (did you mean 'timezone'?)")
  })

  test('that are refused are told with what was given, and what to write instead', () => {
    expect(() => parseSchedule({ cron: '5 * 1 0 *' })).toThrow(
      "The option `cron` ('5 * 1 0 *') of a schedule is invalid: in the field 'month', '0' is outside 1 to 12. " +
        "Write a cron such as '0 5 * * *', an interval such as '15m', a zone such as 'Europe/Berlin'.",
    )
    expect(() => parseSchedule({ cron: '9'.repeat(600) })).toThrow(/9… \(540 more characters\)'\) of a schedule is/)
    expect(() => parseSchedule({ cron: null as never })).toThrow('The option `cron` of a schedule is invalid: ')
    expect(() => parseSchedule({} as never)).toThrow('The schedule is invalid: ')
  })
})

test.each([
  [{ cron: '0 5 1 * *', timezone: 'Europe/Berlin' }, 'cron 0 5 1 * * (Europe/Berlin)'],
  [{ cron: '@daily' }, 'cron @daily (UTC)'],
  [{ every: '15m' }, 'every 15 minutes'],
  [{ every: '1h', timezone: 'Europe/Berlin' }, 'every hour'],
  [{ every: '90m' }, 'every 90 minutes'],
  [{ every: '1s' }, 'every second'],
  [{ every: 1_500 }, 'every 1500 milliseconds'],
  [{ every: '36h' }, 'every 36 hours'],
  [{ every: '1d' }, 'every day'],
  [{ every: '2w', timezone: 'Europe/Berlin' }, 'every 14 days (Europe/Berlin)'],
] satisfies [ScheduleOptions, string][])('%j reads %s', (options, text) => {
  expect(describeSchedule(parseSchedule(options))).toBe(text)
})

/** Why the options are refused, or undefined when they are not. Any other error is thrown. */
function problemOf(options: ScheduleOptions): string | undefined {
  try {
    parseSchedule(options)
    return undefined
  } catch (error) {
    if (!isSluiceError(error, 'SCHEDULE_INVALID')) throw error
    return String(error.details['problem'])
  }
}
