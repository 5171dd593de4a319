import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  afterFailure,
  backoff,
  delayBeforeRetry,
  type Failure,
  type RetryOptions,
  type RetryPolicy,
  retryPolicy,
} from './index.ts'

const failure: Failure = { attempt: 1, retryable: true, now: 1_000_000, random: 0.5 }

describe('a retry policy', () => {
  test('without options never retries', () => {
    expect(retryPolicy({})).toStrictEqual({ retries: 0, delay: 0, jitter: 0 })
  })

  test.each([
    [{ retries: -1 }, 'retries', 'whole number'],
    [{ retries: 1.5 }, 'retries', 'whole number'],
    [{ retries: Number.POSITIVE_INFINITY }, 'retries', 'whole number'],
    [{ retryJitter: -0.1 }, 'retryJitter', 'from 0 to 1'],
    [{ retryJitter: 1.1 }, 'retryJitter', 'from 0 to 1'],
    [{ retryJitter: Number.NaN }, 'retryJitter', 'from 0 to 1'],
    [{ retryDelay: [] }, 'retryDelay', 'empty'],
    [{ retryDelay: '1x' as '1s' }, 'retryDelay', "'1x' is not a duration"],
    [{ retryDelay: ['1s', -5] }, 'retryDelay', "'-5' is not a duration"],
    [{ retryDelay: backoff({ initial: -1 }) }, 'retryDelay', "'-1' is not a duration"],
    [{ retryDelay: backoff({ max: Number.NaN }) }, 'retryDelay', "'NaN' is not a duration"],
    [{ retryDelay: backoff({ factor: 0.5 }) }, 'retryDelay', 'factor'],
    [{ retryDelay: backoff({ factor: Number.POSITIVE_INFINITY }) }, 'retryDelay', 'factor'],
  ] satisfies [RetryOptions, string, string][])('refuses %j', (options, option, problem) => {
    expect(() => retryPolicy(options)).toThrow(
      expect.objectContaining({
        code: 'OPTION_INVALID',
        details: { option, problem: expect.stringContaining(problem) },
      }),
    )
  })
})

describe('the delay before a retry', () => {
  test('of one duration is always the same', () => {
    expect(delays(retryPolicy({ retryDelay: '2s' }))).toStrictEqual([2_000, 2_000, 2_000, 2_000])
  })

  test('of a list goes through it and then repeats its last', () => {
    expect(delays(retryPolicy({ retryDelay: ['1s', 250, '1m'] }))).toStrictEqual([1_000, 250, 60_000, 60_000])
  })

  test('of a backoff doubles from one second up to five minutes', () => {
    const policy = retryPolicy({ retryDelay: backoff() })
    expect(delays(policy)).toStrictEqual([1_000, 2_000, 4_000, 8_000])
    expect(delayBeforeRetry(policy, 50, 0.5)).toBe(300_000)
    expect(delayBeforeRetry(policy, 100_000, 0.5)).toBe(300_000)
  })

  test('of a backoff that begins with nothing stays nothing', () => {
    expect(delayBeforeRetry(retryPolicy({ retryDelay: backoff({ initial: 0 }) }), 100_000, 0.5)).toBe(0)
  })

  test('of a policy made by hand from an empty list is nothing', () => {
    expect(delayBeforeRetry({ retries: 1, delay: [], jitter: 0 }, 1, 0)).toBe(0)
  })

  test('with jitter stays within its share and reaches both sides', () => {
    const policy = retryPolicy({ retryDelay: '10s', retryJitter: 0.3 })
    expect(delayBeforeRetry(policy, 1, 0)).toBeCloseTo(7_000, 6)
    expect(delayBeforeRetry(policy, 1, 1)).toBeCloseTo(13_000, 6)
    expect(delayBeforeRetry(policy, 1, 0.5)).toBe(10_000)
  })

  test('is never negative, never more than its jitter allows, whatever the policy', () => {
    const jitters = fc.double({ min: 0, max: 1, noNaN: true })
    const randoms = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })
    fc.assert(
      fc.property(
        fc.nat(1e9),
        jitters,
        randoms,
        fc.integer({ min: 1, max: 1_000 }),
        (delay, jitter, random, attempt) => {
          const ms = delayBeforeRetry(retryPolicy({ retryDelay: delay, retryJitter: jitter }), attempt, random)
          expect(ms).toBeGreaterThanOrEqual(Math.max(0, delay * (1 - jitter) - 1e-3))
          expect(ms).toBeLessThanOrEqual(delay * (1 + jitter) + 1e-3)
        },
      ),
    )
  })
})

describe('after a failure', () => {
  const policy = retryPolicy({ retries: 2, retryDelay: '3s' })

  test('the next attempt comes after the delay', () => {
    expect(afterFailure(policy, failure)).toStrictEqual({ kind: 'retry', at: 4_000_000, delayMs: 3_000 })
  })

  test('as many retries are made as the policy has, then it fails', () => {
    const kinds = [1, 2, 3, 4].map((attempt) => afterFailure(policy, { ...failure, attempt }).kind)
    expect(kinds).toStrictEqual(['retry', 'retry', 'fail', 'fail'])
  })

  test('an error that no retry helps fails at once', () => {
    expect(afterFailure(policy, { ...failure, retryable: false })).toStrictEqual({ kind: 'fail' })
  })

  test('what the other side asks for is waited for, but never less than the policy wants', () => {
    expect(afterFailure(policy, { ...failure, retryAfterMs: 9_000 })).toMatchObject({ delayMs: 9_000 })
    expect(afterFailure(policy, { ...failure, retryAfterMs: 1_000 })).toMatchObject({ delayMs: 3_000 })
  })

  test.each([Number.NaN, Number.POSITIVE_INFINITY, -5])(
    'a nonsensical wish (%d) of the other side is ignored',
    (retryAfterMs) => {
      expect(afterFailure(policy, { ...failure, retryAfterMs })).toMatchObject({ delayMs: 3_000 })
    },
  )

  test('a time beyond what a number can hold exactly is held back to it', () => {
    expect(afterFailure(retryPolicy({ retries: 1, retryDelay: 1e300 }), failure)).toMatchObject({
      at: Number.MAX_SAFE_INTEGER,
    })
  })
})

function delays(policy: RetryPolicy): number[] {
  return [1, 2, 3, 4].map((attempt) => delayBeforeRetry(policy, attempt, 0.5))
}
