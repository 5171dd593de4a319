import { expect, test } from 'vitest'
import { jsonSafe, resultText } from './print.ts'

test('a result is text as it is, data as JSON, anything else as Node shows it', () => {
  expect(resultText(undefined)).toBeUndefined()
  expect(resultText('done')).toBe('done')
  expect(resultText({ rows: 3, skipped: undefined })).toBe('{\n  "rows": 3\n}')
  expect(resultText(new Map([['a', 1n]]))).toBe("Map(1) { 'a' => 1n }")
  expect(resultText([Number.NaN])).toBe('[ NaN ]')
})

test('every value has a JSON form, cycles included', () => {
  const cycle: Record<string, unknown> = { n: 12n, at: new Date(0), set: new Set([1]), bytes: new Uint8Array([1, 2]) }
  cycle['self'] = cycle
  expect(jsonSafe(cycle)).toEqual({
    n: '12',
    at: '1970-01-01T00:00:00.000Z',
    set: [1],
    bytes: 'AQI=',
    self: '[circular]',
  })
  expect(jsonSafe([undefined, Number.POSITIVE_INFINITY])).toEqual([null, 'Infinity'])
})
