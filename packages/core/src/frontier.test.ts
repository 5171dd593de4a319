import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Frontier } from './index.ts'

describe('a frontier', () => {
  test('of a chain is its last call, however long the chain', () => {
    const frontier = new Frontier()
    for (let call = 0; call < 1_000; call++) frontier.observe(`c${call}`, frontier.current())
    expect(frontier.current()).toStrictEqual(['c999'])
  })

  test('of parallel calls is all of them, until one comes after them', () => {
    const frontier = new Frontier()
    for (const id of ['a', 'b', 'c']) frontier.observe(id, [])
    expect(frontier.current()).toStrictEqual(['a', 'b', 'c'])
    frontier.observe('d', ['a', 'c'])
    expect(frontier.current()).toStrictEqual(['b', 'd'])
  })

  test('is one frozen array for all who ask, until the next observation', () => {
    const frontier = new Frontier()
    frontier.observe('a', [])
    const shared = frontier.current()
    expect(frontier.current()).toBe(shared)
    expect(Object.isFrozen(shared)).toBe(true)
    frontier.observe('b', [])
    expect(shared).toStrictEqual(['a'])
  })

  test('keeps the newest ids, 16 unless told otherwise', () => {
    const wide = new Frontier()
    for (let call = 0; call < 100; call++) wide.observe(`c${call}`, [])
    expect(wide.current()).toHaveLength(16)
    const narrow = new Frontier(2)
    for (const id of ['a', 'b', 'a', 'c']) narrow.observe(id, [])
    expect(narrow.current()).toStrictEqual(['a', 'c'])
  })

  test('never holds a call together with one that came after it', () => {
    const observations = fc.array(fc.tuple(fc.nat(30), fc.array(fc.nat(30), { maxLength: 5 })), { maxLength: 60 })
    fc.assert(
      fc.property(observations, fc.integer({ min: 1, max: 10 }), (calls, cap) => {
        const frontier = new Frontier(cap)
        for (const [id, after] of calls) {
          const earlier = after.map(String).filter((other) => other !== String(id))
          frontier.observe(String(id), earlier)
          const ids = frontier.current()
          expect(ids.at(-1)).toBe(String(id))
          expect(ids.length).toBeLessThanOrEqual(cap)
          expect(new Set(ids).size).toBe(ids.length)
          expect(ids.filter((other) => earlier.includes(other))).toStrictEqual([])
        }
      }),
    )
  })
})
