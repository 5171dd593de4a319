import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { droppedOnRetry, type FailedCall } from './index.ts'

const failed = (key: string, ...unhandled: string[]): FailedCall => ({ key, failed: true, unhandled })
const finished = (key: string, ...unhandled: string[]): FailedCall => ({ key, failed: false, unhandled })

describe('a retry drops', () => {
  test('the failure that ended the run and keeps the one that was caught', () => {
    expect(droppedOnRetry([failed('caught'), failed('fatal'), finished('done')], ['fatal'], 'unhandled')).toStrictEqual(
      ['fatal'],
    )
  })

  test('down through child runs what they did not handle themselves', () => {
    const calls = [failed('leaf'), failed('handled in child'), failed('child', 'leaf'), failed('root task')]
    expect(droppedOnRetry(calls, ['child'], 'unhandled')).toStrictEqual(['leaf', 'child'])
  })

  test('nothing that has finished meanwhile, and nothing below it', () => {
    expect(
      droppedOnRetry([finished('child', 'leaf'), failed('leaf')], ['child', 'unknown'], 'unhandled'),
    ).toStrictEqual([])
  })

  test('every failed call when all are asked for', () => {
    expect(droppedOnRetry([failed('a'), finished('b'), failed('c')], [], 'all')).toStrictEqual(['a', 'c'])
  })

  test('each key once even when calls name each other in a circle', () => {
    expect(droppedOnRetry([failed('a', 'b'), failed('b', 'a', 'b')], ['a', 'b', 'a'], 'unhandled')).toStrictEqual([
      'a',
      'b',
    ])
  })

  test('only failed calls, a part of all failed calls, and everything that a dropped call left unhandled', () => {
    const keys = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f')
    const anyCalls = fc.uniqueArray(
      fc.record({ key: keys, failed: fc.boolean(), unhandled: fc.array(keys, { maxLength: 3 }) }),
      { selector: (call) => call.key },
    )
    fc.assert(
      fc.property(anyCalls, fc.array(keys, { maxLength: 3 }), (calls, root) => {
        const dropped = droppedOnRetry(calls, root, 'unhandled')
        const all = droppedOnRetry(calls, root, 'all')
        expect(all).toEqual(expect.arrayContaining([...dropped]))
        const reasons = [
          ...root,
          ...calls.filter((call) => dropped.includes(call.key)).flatMap((call) => call.unhandled),
        ]
        expect(new Set(dropped)).toStrictEqual(new Set(reasons.filter((key) => all.includes(key))))
      }),
    )
  })
})
