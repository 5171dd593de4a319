import { describe, expect, test } from 'vitest'
import * as fc from 'fast-check'
import { Secret, toJsonSafe } from './index.ts'

const { proxy: revoked, revoke } = Proxy.revocable({}, {})
revoke()

describe('toJsonSafe', () => {
  test.each<[string, unknown, unknown]>([
    ['plain data', { a: [1, 'b', true, null] }, { a: [1, 'b', true, null] }],
    ['numbers that JSON lacks', [Number.NaN, Number.POSITIVE_INFINITY, 5n], ['NaN', 'Infinity', '5']],
    ['what has no value', { a: undefined, b: () => 1, c: [undefined, Symbol()] }, { c: [null, null] }],
    ['dates and addresses', [new Date(0), new URL('http://a/')], ['1970-01-01T00:00:00.000Z', 'http://a/']],
    ['bytes, by their number', { body: Buffer.from('abc') }, { body: '<3 bytes>' }],
    ['errors, by what they say', { inner: new TypeError('bad') }, { inner: 'TypeError: bad' }],
    ['Map and Set, by their values', [new Map([['k', 1]]), new Set([2])], [[1], [2]]],
    ['secrets', { s: new Secret('json-safe-secret'), t: 'a json-safe-secret b' }, { s: '********', t: 'a ******** b' }],
    [
      'getters that throw',
      {
        get a(): never {
          throw new Error('no')
        },
        b: 1,
      },
      { b: 1 },
    ],
    [
      'a toJSON that throws',
      {
        toJSON: () => {
          throw new Error('no')
        },
      },
      undefined,
    ],
    ['what does not list its properties', [new Proxy({}, { ownKeys: () => null as never })], [{}]],
    ['a revoked proxy', { p: revoked }, {}],
    ['what lies too deep', { a: { b: { c: { d: { e: 1 } } } } }, { a: { b: { c: { d: '…' } } } }],
    ['more than 50 entries', Array.from({ length: 60 }, () => 1), Array.from({ length: 50 }, () => 1)],
    ['long texts', 'x'.repeat(1_500), `${'x'.repeat(1_000)}… (500 more characters)`],
  ])('copies %s', (_, value, expected) => {
    expect(toJsonSafe(value, 10_000)).toStrictEqual(expected)
  })

  test('leaves out what others could take for a prototype', () => {
    expect(toJsonSafe(JSON.parse('{"a": {"__proto__": {"evil": 1}, "b": 2}}'), 1_000)).toStrictEqual({ a: { b: 2 } })
  })

  test('leaves out what the size has no room for', () => {
    expect(toJsonSafe({ a: 'first', b: 'second', c: 'third' }, 40)).toStrictEqual({ a: 'first', b: 'second' })
    expect(toJsonSafe('anything', 0)).toBeUndefined()
  })

  test('keeps whatever it is given within the size, and within JSON', () => {
    fc.assert(
      fc.property(
        fc.anything({ withMap: true, withSet: true, withBigInt: true, withDate: true, maxDepth: 6 }),
        fc.integer({ min: 50, max: 2_000 }),
        (value, size) => {
          const json = toJsonSafe(value, size)
          const text = JSON.stringify(json) ?? ''
          expect(JSON.parse(text === '' ? 'null' : text)).toEqual(json ?? null)
          expect(text.length).toBeLessThan(8 * size)
        },
      ),
    )
  })
})
