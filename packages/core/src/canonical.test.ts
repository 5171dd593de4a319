import { describe, expect, test, vi } from 'vitest'
import { canonicalize, type CanonicalizeOptions, hashIdentity, isSluiceError, Secret } from './index.ts'

describe('canonicalize', () => {
  test('takes the word of an object that says what it hashes as', () => {
    expect(canonicalize(identified('warehouse/main'))).toBe('@"warehouse/main"')
    expect(canonicalize([identified('a')])).not.toBe(canonicalize(['a']))
  })

  test('puts the token of a known object in its place and reads nothing of it', () => {
    const known = {
      get huge(): never {
        throw new Error('was read')
      },
    }
    const options: CanonicalizeOptions = { reference: (object) => (object === known ? 'sha:1' : undefined) }
    expect(canonicalize([known, { a: 1 }], options)).toBe('[&"sha:1",{"a":1}]')
  })

  test('hashes a secret by the keyed digest it is given, never by its value', () => {
    const text = canonicalize([new Secret('hunter2-keyed')], { secretDigest: (value) => `${value.length} letters` })
    expect(text).toBe('[*"13 letters"]')
  })

  describe('where the platform has Temporal', () => {
    class PlainDate {
      readonly [Symbol.toStringTag] = 'Temporal.PlainDate'
      readonly #text: string

      constructor(text: string) {
        this.#text = text
      }

      toJSON(): string {
        return this.#text
      }
    }

    test('tells its values by class and text, and refuses what only looks like one', () => {
      vi.stubGlobal('Temporal', { PlainDate, Now: {} })
      try {
        expect(canonicalize(new PlainDate('2026-01-01'))).toBe('Temporal.PlainDate("2026-01-01")')
        expect(caught({ __proto__: { [Symbol.toStringTag]: 'Temporal.PlainDate' } })).toMatchObject({
          details: { kind: 'Object' },
        })
      } finally {
        vi.unstubAllGlobals()
      }
    })

    test('and where it has none they are instances of a class', () => {
      vi.stubGlobal('Temporal', undefined)
      try {
        expect(caught(new PlainDate('2026-01-01'))).toMatchObject({ details: { kind: 'PlainDate' } })
      } finally {
        vi.unstubAllGlobals()
      }
    })
  })

  test('does not wait for the holes of an array that is almost only holes', () => {
    const array = []
    array[4_000_000_000] = 'end'
    expect(canonicalize(array)).toBe('[~4000000001,4000000000:"end"]')
  })

  test('keeps the texts it has once given, or no run could be resumed', () => {
    const value = [
      'a',
      { x: 1, y: [null, undefined, true, 1.5, -0, 2n] },
      new Date(0),
      new Map([['k', new Set([1])]]),
      Buffer.from('abc'),
    ]
    expect(canonicalize(value)).toMatchInlineSnapshot(
      `"["a",{"x":1,"y":[n,u,t,1.5,-0,2n]},Date(0),Map{"k"=Set{1}},Uint8Array(3:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad)]"`,
    )
  })
})

function caught(value: unknown): unknown {
  try {
    return canonicalize(value)
  } catch (error) {
    return isSluiceError(error) ? error : undefined
  }
}

function identified(identity: string): object {
  return new (class Block {
    [hashIdentity](): string {
      return identity
    }
  })()
}
