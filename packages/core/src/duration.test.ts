import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Duration, formatDuration, isSluiceError, parseDuration } from './index.ts'

describe('parseDuration', () => {
  test.each([
    [0, 0],
    [250, 250],
    [0.5, 0.5],
    ['430ms', 430],
    ['30s', 30_000],
    ['5m', 300_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
    ['2w', 1_209_600_000],
    ['1.5h', 5_400_000],
    ['2.3m', 138_000],
    ['0s', 0],
  ] satisfies [Duration, number][])('%s is %d ms', (duration, ms) => {
    expect(parseDuration(duration)).toBe(ms)
  })

  test.each([
    '',
    '1x',
    '-1s',
    '1',
    's',
    '1 s',
    ' 1s',
    '1s ',
    '1h30m',
    '1e3s',
    'Infinitys',
    'NaNms',
    '.5s',
    '1.s',
    '1S',
  ])("'%s' is refused with what to write instead", (text) => {
    expect(() => parseDuration(text as Duration)).toThrow(/is not a duration\. Write milliseconds/)
  })

  test.each([-1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'the number %d is refused',
    (number) => {
      expect(() => parseDuration(number)).toThrow(`'${number}' is not a duration`)
    },
  )

  test.each([undefined, null, {}, 5n])('%s from untyped code is refused', (value) => {
    expect(codeOf(() => parseDuration(value as never))).toBe('DURATION_INVALID')
  })

  test('a number of weeks that only Infinity can hold is refused', () => {
    expect(() => parseDuration(`${'9'.repeat(400)}w` as Duration)).toThrow('is not a duration')
  })

  test('a number too large for microseconds keeps its milliseconds', () => {
    expect(parseDuration('1000000000000000ms')).toBe(1e15)
  })

  test('a number with a unit is that many units, to the microsecond', () => {
    const units = fc.constantFrom(
      ['ms', 1] as const,
      ['s', 1_000] as const,
      ['m', 60_000] as const,
      ['h', 3_600_000] as const,
    )
    fc.assert(
      fc.property(fc.nat(1_000_000), units, (count, [unit, ms]) => {
        expect(parseDuration(`${count}${unit}`)).toBe(count * ms)
        expect(parseDuration(`${count / 1_000}${unit}`)).toBeCloseTo((count * ms) / 1_000, 3)
      }),
    )
  })
})

describe('formatDuration', () => {
  test.each([
    [0, '0 ms'],
    [0.04, '0 ms'],
    [0.43, '0.4 ms'],
    [9.94, '9.9 ms'],
    [9.96, '10 ms'],
    [430, '430 ms'],
    [999.4, '999 ms'],
    [999.6, '1 s'],
    [1_234, '1.2 s'],
    [59_949, '59.9 s'],
    [59_950, '1m'],
    [192_400, '3m 12s'],
    [180_000, '3m'],
    [3_599_499, '59m 59s'],
    [3_599_500, '1h'],
    [7_500_000, '2h 5m'],
    [86_369_999, '23h 59m'],
    [86_370_000, '1d'],
    [273_600_000, '3d 4h'],
    [-1_200, '-1.2 s'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    [Number.NaN, 'NaN'],
  ])('%d ms reads %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text)
  })

  test('no unit ever reaches the size of the next one', () => {
    const valid =
      /^(\d(\.\d)?|[1-9]\d{1,2}) ms$|^([1-9]|[1-5]\d)(\.\d)? s$|^([1-9]|[1-5]\d)m( ([1-9]|[1-5]\d)s)?$|^([1-9]|1\d|2[0-3])h( ([1-9]|[1-5]\d)m)?$|^[1-9]\d*d( ([1-9]|1\d|2[0-3])h)?$/
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e12, noNaN: true }), (ms) => {
        expect(formatDuration(ms)).toMatch(valid)
      }),
      { numRuns: 1_000 },
    )
  })
})

function codeOf(call: () => unknown): string | undefined {
  try {
    call()
  } catch (error) {
    return isSluiceError(error) ? error.code : undefined
  }
  return undefined
}
