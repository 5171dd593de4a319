import { Secret } from '@sluice/core'
import { expect, test } from 'vitest'
import { copyLine } from './copy-text.ts'

const encode = (value: unknown): string => copyLine([value], ['c'], 1).slice(0, -1)

test.each([
  [null, '\\N'],
  [undefined, '\\N'],
  ['', ''],
  ['\\N', '\\\\N'],
  ['\\.', '\\\\.'],
  ['a\tb\nc\rd\\e', 'a\\tb\\nc\\rd\\\\e'],
  ['çß→😀', 'çß→😀'],
  [true, 't'],
  [false, 'f'],
  [0, '0'],
  [-0, '-0'],
  [1.5e300, '1.5e+300'],
  [Number.NaN, 'NaN'],
  [Number.NEGATIVE_INFINITY, '-Infinity'],
  [9_007_199_254_740_993n, '9007199254740993'],
  [new Date(0), '1970-01-01T00:00:00.000Z'],
  [new Date('-000001-02-03T04:05:06.789Z'), '0002-02-03T04:05:06.789Z BC'],
  [new Date('+012345-02-03T00:00:00.000Z'), '12345-02-03T00:00:00.000Z'],
  [new Uint8Array([0, 255, 92]), '\\\\x00ff5c'],
  [{ a: 'x"\n', b: [1] }, '{"a":"x\\\\"\\\\n","b":[1]}'],
  [new URL('https://x.example/a'), 'https://x.example/a'],
  [[1, null, 'a"b\\', ['x']], '{"1",NULL,"a\\\\"b\\\\\\\\",{"x"}}'],
])('%o is written as %s', (value, text) => {
  expect(encode(value)).toBe(text)
})

test.each([
  ['a NUL character', 'a\0b', /NUL character/],
  ['half a surrogate pair', '\ud83d', /surrogate/],
  ['an invalid Date', new Date(Number.NaN), /invalid Date/],
  ['a function', () => 1, /a function has no text/],
  ['a Map, of which JSON would keep nothing', new Map([[1, 2]]), /Map or Set/],
  ['a Secret', new Secret('correct horse'), /is a Secret/],
  ['a cycle', cycle(), /no JSON/],
])('%s is refused, with row and column', (_what, value, reason) => {
  expect(() => copyLine([1, value], ['id', 'note'], 17)).toThrow(reason)
  expect(() => copyLine([1, value], ['id', 'note'], 17)).toThrow(/row 17: the value of column "note"/)
})

test('a row with too few values is refused, with its number', () => {
  expect(() => copyLine([1], ['id', 'note'], 3)).toThrow(/row 3: it has 1 values for 2 columns \(id, note\)/)
})

function cycle(): object {
  const object: { self?: object } = {}
  object.self = object
  return object
}
