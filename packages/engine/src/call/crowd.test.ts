import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Crowd } from './crowd.ts'

test('whatever comes and goes, it holds what a set holds, in the order in which it came', () => {
  const step = fc.record({ adds: fc.boolean(), member: fc.integer({ min: 0, max: 40 }) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400, size: 'max' }), (steps) => {
      const [crowd, set] = [new Crowd<number>(), new Set<number>()]
      for (const { adds, member } of steps) {
        if (adds) crowd.add(member)
        else crowd.delete(member)
        if (adds) set.add(member)
        else set.delete(member)
      }
      expect([[...crowd], crowd.size]).toEqual([[...set], set.size])
    }),
    { numRuns: 50 },
  )
})

test('what a visit takes out is not visited, however much it takes out', () => {
  const crowd = new Crowd(Array.from({ length: 100 }, (_, i) => i))
  const seen: number[] = []
  crowd.forEach((member) => {
    seen.push(member)
    for (let other = member + 1; other < 90; other++) crowd.delete(other)
  })
  expect(seen).toEqual([0, ...Array.from({ length: 10 }, (_, i) => 90 + i)])
  expect(crowd.size).toBe(11)
})
