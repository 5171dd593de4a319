import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeLowerBound, encodeUpperBound } from './bounds.ts'
import { compareValues } from './compare-values.ts'
import { primitiveTypes, runs, valueOf } from './format.fixture.ts'
import type { PartitionValue } from './manifest.ts'
import type { PrimitiveType } from './schema.ts'
import { decodeSingleValue, encodeSingleValue } from './single-value.ts'

type Value = Exclude<PartitionValue, null>

describe('the binary form of a value is that of the specification (appendix D)', () => {
  test.each<[PrimitiveType, Value, string]>([
    ['boolean', true, '01'],
    ['boolean', false, '00'],
    ['int', 1, '01000000'],
    ['int', -2, 'feffffff'],
    ['long', 1n, '0100000000000000'],
    ['float', 1.5, '0000c03f'],
    ['double', 1.5, '000000000000f83f'],
    ['date', -1, 'ffffffff'],
    ['time', 1n, '0100000000000000'],
    ['timestamp', -1n, 'ffffffffffffffff'],
    ['string', 'é', 'c3a9'],
    ['uuid', 'f79c3e09-677c-4bbd-a479-3f349cb785e7', 'f79c3e09677c4bbda4793f349cb785e7'],
    ['binary', Uint8Array.of(1, 255), '01ff'],
    ['decimal(9, 2)', 0n, '00'],
    ['decimal(9, 2)', 127n, '7f'],
    ['decimal(9, 2)', 128n, '0080'],
    ['decimal(9, 2)', -128n, '80'],
    ['decimal(9, 2)', -129n, 'ff7f'],
  ])('%s %s', (type, value, hex) => {
    const bytes = encodeSingleValue(type, value)
    expect(Buffer.from(bytes).toString('hex')).toBe(hex)
    expect(decodeSingleValue(type, bytes)).toStrictEqual(value)
  })

  test.each<[PrimitiveType, number]>([
    ['boolean', 2],
    ['int', 8],
    ['long', 3],
    ['float', 8],
    ['timestamp', 4],
    ['uuid', 15],
    ['decimal(9, 2)', 0],
  ])('and %s is not read from %i bytes', (type, length) => {
    expect(() => decodeSingleValue(type, new Uint8Array(length))).toThrow(
      expect.objectContaining({ code: 'LAKE_METADATA_INVALID' }),
    )
  })

  test('and text that is not UTF-8 is not read', () => {
    expect(() => decodeSingleValue('string', Uint8Array.of(0xff))).toThrow(/not UTF-8/)
  })

  test('and a column that was widened reads what was written before', () => {
    expect(decodeSingleValue('long', encodeSingleValue('int', -7))).toBe(-7n)
    expect(decodeSingleValue('double', encodeSingleValue('float', 1.5))).toBe(1.5)
    expect(decodeSingleValue('decimal(38, 2)', encodeSingleValue('decimal(9, 2)', -129n))).toBe(-129n)
  })
})

describe('bounds', () => {
  test.each(primitiveTypes)('of %s include the value, in the order that their bytes are read in', (type) => {
    fc.assert(
      fc.property(valueOf(type), (drawn) => {
        const value = type === 'float' ? Math.fround(drawn as number) : drawn
        const [lower, upper] = [encodeLowerBound(type, value), encodeUpperBound(type, value)]
        if (Number.isNaN(value)) expect([lower, upper]).toStrictEqual([undefined, undefined])
        if (lower !== undefined) expect(compareValues(decodeSingleValue(type, lower), value)).toBeLessThanOrEqual(0)
        if (upper !== undefined) expect(compareValues(decodeSingleValue(type, upper), value)).toBeGreaterThanOrEqual(0)
        if (type !== 'string' && type !== 'binary' && !Number.isNaN(value)) expect(upper).toBeDefined()
      }),
      { numRuns: runs },
    )
  })

  test('of text are cut after sixteen characters, the upper one raised', () => {
    expect(text(encodeLowerBound('string', '😀'.repeat(20)))).toBe('😀'.repeat(16))
    expect(text(encodeUpperBound('string', 'a'.repeat(17)))).toBe(`${'a'.repeat(15)}b`)
    expect(text(encodeUpperBound('string', 'a'.repeat(16)))).toBe('a'.repeat(16))
  })

  test('of text are raised past the surrogates, which are no characters', () => {
    expect(text(encodeUpperBound('string', '\u{d7ff}'.repeat(17)))).toBe(`${'\u{d7ff}'.repeat(15)}\u{e000}`)
    expect(text(encodeUpperBound('string', `${'a'.repeat(15)}\u{10ffff}!`))).toBe(`${'a'.repeat(14)}b`)
  })

  test('are missing where nothing is above', () => {
    expect(encodeUpperBound('string', '\u{10ffff}'.repeat(17))).toBeUndefined()
    expect(encodeUpperBound('binary', new Uint8Array(17).fill(255))).toBeUndefined()
    expect(encodeUpperBound('string', '\u{d800}')).toBeUndefined()
  })

  test('of bytes are cut and raised alike', () => {
    const ones = new Uint8Array(15).fill(1)
    expect(encodeUpperBound('binary', Uint8Array.of(...ones.subarray(0, 15), 255, 0))).toStrictEqual(
      Uint8Array.of(...ones.subarray(0, 14), 2),
    )
  })

  test('of zero include the other zero', () => {
    for (const zero of [0, -0]) {
      expect(decodeSingleValue('double', encodeLowerBound('double', zero) ?? new Uint8Array())).toBe(-0)
      expect(decodeSingleValue('float', encodeUpperBound('float', zero) ?? new Uint8Array())).toBe(0)
    }
  })
})

describe('values', () => {
  test('of text are in the order of their UTF-8 bytes', () => {
    fc.assert(
      fc.property(valueOf('string'), valueOf('string'), (a, b) => {
        const bytes = Buffer.compare(encodeSingleValue('string', a), encodeSingleValue('string', b))
        expect(Math.sign(compareValues(a, b))).toBe(bytes)
      }),
      { numRuns: runs },
    )
  })

  test('of floating point have −0 below +0, and NaN above all', () => {
    const ordered = [-Infinity, -1, -0, 0, 1, Infinity, Number.NaN]
    expect(ordered.toReversed().toSorted(compareValues)).toStrictEqual(ordered)
  })
})

function text(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes)
}
