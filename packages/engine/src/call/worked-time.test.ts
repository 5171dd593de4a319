import type { TimelineEntry } from '@sluice/store'
import { expect, test } from 'vitest'
import { retriedByHand } from './resumed-attempts.ts'
import { attemptSince, isWorking, workedSince } from './worked-time.ts'

const at = (name: string, seconds: number, message?: string): TimelineEntry =>
  message === undefined ? [name, seconds * 1e6] : [name, seconds * 1e6, message]

const suspended = [
  at('Scheduled', 0),
  at('Pending', 1),
  at('Running', 2),
  at('Paused', 5),
  at('Suspended', 6),
  at('Resuming', 100),
  at('Pending', 101),
  at('Running', 110, 'resumed'),
]

test.each([
  ['nothing yet', [], 7],
  ['one process', [at('Scheduled', 0), at('Running', 2)], 2],
  ['a suspension', suspended, 2],
  ['a crash', [at('Running', 2), at('Crashed', 9), at('Running', 30)], 2],
  ['a second try', [at('Running', 2), at('AwaitingRetry', 3), at('Retrying', 5), at('Paused', 8)], 5],
  ['a second try that began in another process', [at('Running', 2), at('AwaitingRetry', 3), at('Running', 50)], 50],
  ['a retry by hand', [at('Running', 2), at('Failed', 3), at('Retrying', 5, retriedByHand), at('Running', 6)], 5],
] as const)('the attempt of a run with %s began at its first start', (_, timeline, seconds) => {
  expect(attemptSince(timeline, 7e6)).toBe(seconds * 1e6)
})

test('only what a run worked counts: no wait, no place in line, nothing after its process died', () => {
  expect(workedSince(suspended, 2e6, 115e6)).toBe(8_000)
  expect(workedSince(suspended, 4e6, 115e6)).toBe(6_000)
  expect(workedSince([at('Running', 2), at('Crashed', 9)], 2e6, 99e6)).toBe(7_000)
  expect([isWorking(suspended), isWorking(suspended.slice(0, 5)), isWorking([])]).toEqual([true, false, false])
})
