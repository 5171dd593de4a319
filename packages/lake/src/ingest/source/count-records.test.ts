import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createRecordCounter, type RecordCount } from './count-records.ts'

function count(text: string, sizes: readonly number[] = [], escape = '"'): RecordCount {
  const counter = createRecordCounter(34, escape.charCodeAt(0))
  const bytes = Buffer.from(text)
  let at = 0
  for (const size of sizes) counter.push(bytes.subarray(at, (at += size)))
  counter.push(bytes.subarray(at))
  return counter.end()
}

test('blank lines and line ends in quotes make no record', () => {
  expect(count('a,b\r\n\r\n"x\r\ny",1\n\n2,3')).toMatchObject({ records: 3, lf: 4, crlf: 2, cr: 0, openQuote: false })
  expect(count('')).toMatchObject({ records: 0, longest: 0 })
  expect(count('a\rb\r')).toMatchObject({ cr: 2, lf: 0 })
  expect(count('a,"b\n1,2\n')).toMatchObject({ openQuote: true })
  expect(count('"a\\"\n"\n1\n', [], '\\')).toMatchObject({ records: 2 })
  expect(count('ab\u0000\n')).toMatchObject({ nul: true, longest: 3 })
})

test('however the bytes are cut, the count is the same', () => {
  const piece = fc.constantFrom('a', ',', '"', '\n', '\r\n', '\r', 'é', '€', '😀')
  const text = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''))
  const sizes = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 20 })
  fc.assert(
    fc.property(text, sizes, (some, cuts) => {
      expect(count(some, cuts)).toEqual(count(some))
    }),
    {
      numRuns: Number(process.env['RUNS'] ?? 300),
    },
  )
})

test('invalid UTF-8 is seen, also at the end', () => {
  const check = (...bytes: readonly number[]): boolean => {
    const counter = createRecordCounter(undefined, undefined)
    counter.push(Uint8Array.from(bytes))
    return counter.end().validUtf8
  }
  expect(check(97, 10, 0xc3, 0xa9)).toBe(true)
  expect(check(97, 10, 0xc3)).toBe(false)
  expect(check(0xff, 10, 97)).toBe(false)
})
