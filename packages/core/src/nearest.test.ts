import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { nearest } from './index.ts'

test.each([
  ['retrys', ['timeout', 'retries'], 'retries'],
  ['Timeout', ['timeout'], 'timeout'],
  ['tmeout', ['timeout', 'timeouts'], 'timeout'],
  ['tag', ['tags', 'name'], 'tags'],
  ['xyz', ['retries', 'name'], undefined],
  ['concurrency', ['c'], undefined],
  ['', ['abc'], undefined],
  ['retries', [], undefined],
])("'%s' was meant to be one of %j: %s", (word, candidates, expected) => {
  expect(nearest(word, candidates)).toBe(expected)
})

test('a word that is there is always found', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), fc.array(fc.string()), (word, others) => {
      expect(nearest(word, [...others, word])?.toLowerCase()).toBe(word.toLowerCase())
    }),
  )
})
