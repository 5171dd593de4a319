import { describe, expect, test } from 'vitest'
import { canonicalize, hashIdentity, isSluiceError, Secret } from './index.ts'

describe('what cannot be hashed is refused with its path and kind', () => {
  class Client {
    readonly open = true
  }
  class Rows extends Array<number> {}
  class Stamp extends Date {}
  test.each<[string, unknown, string, string]>([
    ['a function', [1, { rows: [0, 0, 0, { cb: () => 1 }] }], 'value[1].rows[3].cb', 'function'],
    ['a symbol', { a: Symbol('s') }, 'value.a', 'symbol'],
    ['data under a symbol', { a: { [Symbol('s')]: 1 } }, 'value.a[Symbol(s)]', 'symbol'],
    ['an instance of a class', [new Client()], 'value[0]', 'Client'],
    [
      'an instance of a nameless class',
      [
        new (class {
          readonly open = true
        })(),
      ],
      'value[0]',
      'Object',
    ],
    ['a subclass of Array', new Rows(), 'value', 'Rows'],
    ['a subclass of Date', new Stamp(), 'value', 'Stamp'],
    ['a promise', { p: Promise.resolve() }, 'value.p', 'Promise'],
    ['a stream', new ReadableStream(), 'value', 'ReadableStream'],
    ['a WeakMap', new WeakMap(), 'value', 'WeakMap'],
    ['a generator', generate(), 'value', 'Generator'],
    ['shared memory', new SharedArrayBuffer(1), 'value', 'SharedArrayBuffer'],
    ['a boxed symbol', Object(Symbol('s')), 'value', 'symbol'],
    ['an object with a parent of its own', Object.create({ a: 1 }), 'value', 'Object'],
    ['an object whose parent has no parent', Object.create(Object.create(null) as object), 'value', 'Object'],
    ['a value of a Map', { m: new Map([['k', () => 1]]) }, 'value.m.get("k")', 'function'],
    ['a value of a Map under an object', new Map([[{}, Symbol()]]), 'value<entry 0>', 'symbol'],
    ['a key of a Map', new Map([[() => 1, 1]]), 'value<key 0>', 'function'],
    ['an item of a Set', new Set([1, () => 1]), 'value<item 1>', 'function'],
    ['the cause of an Error', new Error('a', { cause: { f: () => 1 } }), 'value.cause.f', 'function'],
    ['an entry of a sparse array', sparse(2, { 1: { f: () => 1 } }), 'value[1].f', 'function'],
    ['a property that needs quotes', { 'a b': { é1: [() => 1] } }, 'value["a b"].é1[0]', 'function'],
    ['an identity that is not text', { w: { [hashIdentity]: () => 7 } }, 'value.w', 'identity'],
    ['a secret without a key to hash it with', { s: new Secret('hunter2-canonical') }, 'value.s', 'Secret'],
  ])('%s', (_, value, path, kind) => {
    expect(() => canonicalize(value)).toThrow(
      expect.objectContaining({ code: 'INPUT_UNHASHABLE', details: { path, kind } }),
    )
  })

  test('the path starts as the caller says', () => {
    expect(() => canonicalize([{ cb: () => 1 }], { root: 'args' })).toThrow(
      'args[0].cb cannot be hashed: it is a function.',
    )
  })

  test('a getter that throws is told with its path and cause', () => {
    const cause = new Error('no')
    const error = caught({
      a: 1,
      b: {
        get c() {
          throw cause
        },
      },
    })
    expect(error).toMatchObject({ code: 'INPUT_UNHASHABLE', details: { path: 'value.b.c', kind: 'unreadable' }, cause })
  })

  test('a revoked proxy is unreadable, not a crash', () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    expect(caught([1, proxy])).toMatchObject({ details: { path: 'value[1]', kind: 'unreadable' } })
  })

  test('an error of an identity method that is ours passes as it is', () => {
    const inner = caught(() => 1)
    expect(
      caught([
        {
          [hashIdentity]: () => {
            throw inner
          },
        },
      ]),
    ).toBe(inner)
  })

  test('a value nested 1 000 deep is hashed, one level more is refused, 100 000 do not overflow the stack', () => {
    expect(canonicalize(nested(1_000))).toBe('['.repeat(1_000) + ']'.repeat(1_000))
    expect(caught(nested(1_001))).toMatchObject({ details: { kind: 'too deep' } })
    expect((caught(nested(100_000)) as Error).message.length).toBeLessThan(300)
  })
})

function caught(value: unknown): unknown {
  try {
    return canonicalize(value)
  } catch (error) {
    return isSluiceError(error) ? error : undefined
  }
}

/** An array of holes, and what is not one. */
function sparse(length: number, items: Readonly<Record<number, unknown>> = {}): unknown[] {
  const array: unknown[] = []
  array.length = length
  return Object.assign(array, items)
}

function nested(depth: number): unknown {
  let value: unknown[] = []
  for (let level = 1; level < depth; level++) value = [value]
  return value
}

function* generate(): Generator<number> {
  yield 1
}
