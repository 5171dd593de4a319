import { isDeepStrictEqual } from 'node:util'
import { runInNewContext } from 'node:vm'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalize, hashIdentity } from './index.ts'

describe('equal values have one text', () => {
  test.each<[string, unknown, unknown]>([
    ['keys in another order', { a: 1, b: { c: 2, d: 3 } }, { b: { d: 3, c: 2 }, a: 1 }],
    [
      'a Map filled in another order',
      new Map([
        ['a', 1],
        ['b', 2],
      ]),
      new Map([
        ['b', 2],
        ['a', 1],
      ]),
    ],
    [
      'a Map with objects as keys',
      new Map([
        [{ k: 1 }, 'x'],
        [{ k: 2 }, 'y'],
      ]),
      new Map([
        [{ k: 2 }, 'y'],
        [{ k: 1 }, 'x'],
      ]),
    ],
    ['a Set filled in another order', new Set([1, '1', { a: 1 }]), new Set([{ a: 1 }, 1, '1'])],
    ['a property that is undefined and one that is absent', { a: 1, b: undefined }, { a: 1 }],
    ['an object without a prototype', Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
    ['an object of another realm', runInNewContext('({ a: [1] })'), { a: [1] }],
    ['a Buffer and its bytes', Buffer.from('abc'), new Uint8Array([97, 98, 99])],
    ['a view into a larger buffer', new Uint8Array([0, 1, 2, 3]).subarray(1, 3), new Uint8Array([1, 2])],
    ['an Error thrown elsewhere', elsewhere(), new TypeError('bad', { cause: 1 })],
    ['an array with named properties', Object.assign([1], { index: 0 }), [1]],
    ['an object with a hidden mark', Object.defineProperty({ a: 1 }, Symbol('mark'), { value: 1 }), { a: 1 }],
    [
      'a sparse array with named properties',
      Object.assign(sparse(3, { 0: 1, 2: 2 }), { index: 0, '1e0': 1, '-1': 1, '007': 1 }),
      sparse(3, { 0: 1, 2: 2 }),
    ],
  ])('%s', (_, a, b) => {
    expect(canonicalize(a)).toBe(canonicalize(b))
  })

  test('a part that is shared equals a part that is copied', () => {
    const part = { x: [1] }
    expect(canonicalize([part, part])).toBe(canonicalize([{ x: [1] }, { x: [1] }]))
  })

  test('a cycle reads the same in a copy, wherever it hangs', () => {
    expect(canonicalize(cycle())).toBe(canonicalize(cycle()))
    expect(canonicalize({ deep: [cycle()] })).toContain(canonicalize(cycle()))
    expect(canonicalize(structuredClone(cycle()))).toBe(canonicalize(cycle()))
  })

  test('cycles of different length differ', () => {
    const short: unknown[] = []
    short.push([short])
    const shorter: unknown[] = []
    shorter.push([])
    ;(shorter[0] as unknown[]).push(shorter[0])
    expect(canonicalize(short)).not.toBe(canonicalize(shorter))
  })
})

describe('different values have different texts', () => {
  const bytes = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0])
  const values: readonly unknown[] = [
    undefined,
    null,
    true,
    false,
    0,
    -0,
    1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    1n,
    -1n,
    '',
    'u',
    'n',
    '1',
    '1n',
    'true',
    '[]',
    '{}',
    '"',
    '\\',
    '\\"',
    '\uD800',
    '\uD801',
    '\\ud800',
    '�',
    'é',
    'e\u0301',
    'x'.repeat(40),
    [],
    [undefined],
    sparse(1),
    sparse(2),
    [null],
    sparse(2, { 1: 1 }),
    sparse(2, { 0: 1 }),
    ['1'],
    [1],
    [[1]],
    [1, 2],
    [12],
    ['a', 'b'],
    ['a,b'],
    ['a","b'],
    '["a"]',
    {},
    { a: null },
    { a: 1 },
    { a: '1' },
    { b: 1 },
    { a: { b: 1 } },
    { 'a":1,"b': 2 },
    { a: 1, b: 2 },
    { __proto__: null, a: [] },
    new Date(0),
    new Date(1),
    new Date(Number.NaN),
    '1970-01-01T00:00:00.000Z',
    /a/,
    /a/g,
    /b/,
    '/a/',
    new URL('http://a/'),
    new URL('http://b/'),
    'http://a/',
    new Map(),
    new Map([['a', 1]]),
    new Map([['a', '1']]),
    new Map([[1, 'a']]),
    new Map([[{}, 1]]),
    new Map([
      [{}, 1],
      [{}, 2],
    ]),
    new Set(),
    new Set(['a']),
    new Set(['a', 1]),
    new Set([new Set()]),
    new Set([[]]),
    bytes,
    new Uint8ClampedArray(bytes),
    new Int8Array(bytes),
    new BigInt64Array(bytes.buffer),
    new Float64Array(bytes.buffer),
    bytes.buffer,
    new DataView(bytes.buffer),
    new Uint8Array(8),
    new Uint8Array(0),
    [1, 0, 0, 0, 0, 0, 0, 0],
    new Error('a'),
    new Error('b'),
    new TypeError('a'),
    new Error('a', { cause: 1 }),
    Object.assign(new Error('a'), { code: 'X' }),
    new AggregateError([], 'a'),
    new AggregateError([new Error('a')], 'a'),
    { name: 'Error', message: 'a' },
    Object(1),
    Object('1'),
    Object(true),
    Object(1n),
    Object(-0),
    Object(0),
    ...temporalValues(),
    '2026-01-01',
    identified('a'),
    identified('b'),
    '@"a"',
  ]

  test('among a hundred of all kinds', () => {
    const seen = new Map<string, unknown>()
    for (const value of values) {
      const text = canonicalize(value)
      expect(seen.has(text) ? [seen.get(text), value] : undefined).toBeUndefined()
      seen.set(text, value)
    }
  })

  test('wherever they stand in a larger value', () => {
    const places: readonly Visit[] = [
      (value) => [value, 1],
      (value) => [[value], value],
      (value) => ({ a: value, b: 1 }),
      (value) => new Map([[value, value]]),
      (value) => new Set([value, 'other']),
    ]
    // The key −0 of a Map is 0, and so is the item of a Set.
    const placeable = values.filter((value) => !Object.is(value, -0))
    for (const place of places) {
      expect(new Set(placeable.map((value) => canonicalize(place(value)))).size).toBe(placeable.length)
    }
  })

  const anything = fc
    .anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withSparseArray: true,
      withTypedArray: true,
      withBoxedValues: true,
      maxDepth: 3,
      maxKeys: 4,
    })
    .filter((value) => !hasUndefinedProperty(value))

  test('exactly when they are not deeply equal', () => {
    fc.assert(
      fc.property(anything, anything, (a, b) => {
        expect(canonicalize(a) === canonicalize(b)).toBe(isDeepStrictEqual(a, b))
      }),
      { numRuns: 1_000 },
    )
  })

  test('and a deep copy has the same, whatever the value', () => {
    fc.assert(
      fc.property(anything, (value) => {
        expect(canonicalize(structuredClone(value))).toBe(canonicalize(value))
        expect(canonicalize(shuffled(value))).toBe(canonicalize(value))
      }),
      { numRuns: 1_000 },
    )
  })
})

/** An array of holes, and what is not one. */
function sparse(length: number, items: Readonly<Record<number, unknown>> = {}): unknown[] {
  const array: unknown[] = []
  array.length = length
  return Object.assign(array, items)
}

function elsewhere(): Error {
  return new TypeError('bad', { cause: 1 })
}

function identified(identity: string): object {
  return new (class Block {
    [hashIdentity](): string {
      return identity
    }
  })()
}

interface TemporalClass {
  from(text: string): object
}

/** Node has Temporal from version 26 on, TypeScript does not know it yet. */
function temporalValues(): object[] {
  const temporal = Reflect.get(globalThis, 'Temporal') as
    | Record<'PlainDate' | 'Duration' | 'Instant', TemporalClass>
    | undefined
  if (temporal === undefined) return []
  const { PlainDate, Duration, Instant } = temporal
  return [
    PlainDate.from('2026-01-01'),
    PlainDate.from('2026-01-02'),
    Duration.from('P1D'),
    Instant.from('2026-01-01T00:00Z'),
  ]
}

function cycle(): object {
  const node: Record<string, unknown> = { name: 'n' }
  node['next'] = { back: node, set: new Set([node]) }
  return node
}

type Visit = (value: unknown) => unknown

/** A copy with the keys of objects and the entries of Map and Set in reverse order. */
const shuffled: Visit = (value) => {
  if (value instanceof Map) return new Map([...value].toReversed())
  if (value instanceof Set) return new Set([...value].toReversed())
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, its]) => [key, shuffled(its)]),
  )
}

/** isDeepStrictEqual tells `{ a: undefined }` from `{}`; we do not. */
function hasUndefinedProperty(value: unknown): boolean {
  if (value instanceof Map) return [...value].flat().some(hasUndefinedProperty)
  if (value instanceof Set || Array.isArray(value)) return [...value].some(hasUndefinedProperty)
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return false
  return Object.values(value).some((its) => its === undefined || hasUndefinedProperty(its))
}
