import { isTerminal, stateOf, type StateName } from '@sluice/core'
import type { RunExplanation, RunRecord } from '@sluice/store'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { explain } from './explain.ts'

const now = Date.UTC(2026, 0, 1) * 1_000
const second = 1_000_000
const stateNames: readonly StateName[] = [
  'Scheduled',
  'Late',
  'AwaitingRetry',
  'AwaitingConcurrencySlot',
  'Resuming',
  'Pending',
  'Submitting',
  'Running',
  'Retrying',
  'Paused',
  'Suspended',
  'Cancelling',
  'Completed',
  'Failed',
  'Crashed',
  'Cancelled',
]

/** A run in its queue, due, with a worker online that could take it. */
const queued: RunExplanation = {
  run: { id: 'run-1', state: stateOf('Scheduled', now), owner: null, error: null, crashCount: 0 } as RunRecord,
  queued: { pool: 'default', queue: 'default', dueInMicros: -5 * second, ahead: 0 },
  poolPaused: false,
  queuePaused: false,
  deploymentPaused: false,
  workersOnline: 1,
  limits: [],
  worker: null,
  waits: [],
}

function why(changes: Partial<RunExplanation>, name: StateName = 'Scheduled', message?: string) {
  const state = stateOf(name, now - 3 * second, message === undefined ? {} : { message })
  const run = { ...queued.run, ...changes.run, state }
  return explain({ ...queued, ...changes, run }, now).answers
}

const held: Partial<RunExplanation> = {
  queued: null,
  worker: { id: 'worker-1', name: 'etl', host: 'box', leaseInMicros: 9 * second },
}
const place = (more: Partial<NonNullable<RunExplanation['queued']>>): Partial<RunExplanation> => ({
  queued: { pool: 'gpu', queue: 'nightly', dueInMicros: -second, ahead: 0, ...more },
})
const wait = (
  kind: string,
  name: string | null,
  deadline: number | null,
  eventKey: string | null = null,
): Partial<RunExplanation> => ({
  ...place({ dueInMicros: null }),
  waits: [{ id: 'wait-1', kind, name, deadline, eventKey }],
})

describe('why a run does not run', () => {
  test.each([
    ['no worker', { workersOnline: 0, ...place({}) }, 'NO_WORKER', /pool 'gpu'/, /worker start --pool gpu/],
    ['paused pool', { poolPaused: true, ...place({}) }, 'POOL_PAUSED', /'gpu' is paused/, /pools resume gpu/],
    ['paused queue', { queuePaused: true, ...place({}) }, 'QUEUE_PAUSED', /'nightly'/, /queues resume gpu nightly/],
    ['others first', place({ ahead: 7 }), 'IN_LINE', /7 runs of the pool come before it/, /more workers/],
    ['many others first', place({ ahead: 1_000 }), 'IN_LINE', /1 000 or more runs/, /more workers/],
    ['next', place({}), 'NEXT_IN_LINE', /due for 1 s/, /runs why run-1/],
    [
      'later',
      place({ dueInMicros: 90 * second }),
      'DUE_LATER',
      /due in 1 ?m(in)? 30 ?s|due in 90 s/,
      /runs resume run-1/,
    ],
    ['input', wait('input', 'approve', null), 'WAITS_INPUT', /input 'approve'/, /runs answer run-1 approve/],
    [
      'event',
      wait('event', 'order.paid', now + 60 * second),
      'WAITS_EVENT',
      /until 2026-01-01T00:01:00/,
      /events emit order\.paid`/,
    ],
    [
      'event with a key',
      wait('event', 'order.paid', null, "Ada's"),
      'WAITS_EVENT',
      /'order\.paid' with key 'Ada's'/,
      /events emit order\.paid --key 'Ada'\\''s'`/,
    ],
    ['input of two words', wait('input', 'load it', null), 'WAITS_INPUT', /input 'load it'/, /run-1 'load it'`/],
    ['run', wait('run', 'run-2', null), 'WAITS_RUN', /run run-2/, /runs why run-2/],
    ['sleep', wait('sleep', null, now + second), 'WAITS_TIME', /sleeps, until/, /by itself/],
  ] as const)('%s', (_, changes, code, message, next) => {
    const [first] = why(changes)
    expect(first).toMatchObject({ code, message: expect.stringMatching(message), next: expect.stringMatching(next) })
  })

  test('a full limit names who holds it, and is not said to be a missing worker', () => {
    const limits = [{ name: 'api', slots: 2, held: 2, holders: ['run-7', 'run-8'] }]
    const answers = why({ limits })
    expect(answers.map(({ code }) => code)).toEqual(['LIMIT_FULL'])
    expect(answers[0]?.message).toBe("Limit 'api' is full: 2 of 2 slots are held by run run-7, run-8")
  })

  test('every reason is told when there are several', () => {
    const codes = why({ poolPaused: true, workersOnline: 0 }).map(({ code }) => code)
    expect(codes).toEqual(['POOL_PAUSED', 'NO_WORKER'])
  })

  test('a retry says that it is one', () => {
    const [first] = why(place({ dueInMicros: 4 * second }), 'AwaitingRetry', 'attempt 2 failed')
    expect(first).toMatchObject({ code: 'RETRY_LATER', message: expect.stringContaining('attempt 2 failed') })
  })

  test('a worker that took it and has not started it is named', () => {
    const [first] = why(held, 'Pending')
    expect(first).toMatchObject({ code: 'CLAIMED', message: expect.stringMatching(/worker 'etl' on box 3 s ago/) })
  })

  test('a silent worker is told before anything it could say', () => {
    const silent = { ...held, worker: { id: 'w', name: 'etl', host: 'box', leaseInMicros: -2 * second } }
    for (const name of ['Pending', 'Running', 'Cancelling'] as const)
      expect(why(silent, name)[0]).toMatchObject({ code: 'LEASE_PASSED', message: expect.stringContaining('2 s ago') })
  })

  test('one that has ended says how', () => {
    const failed = explain(
      { ...queued, run: { ...queued.run, state: stateOf('Failed', now, { message: 'no disk' }) } },
      now,
    )
    expect(failed.answers).toMatchObject([{ code: 'FAILED', message: 'It failed: no disk' }])
  })
})

const drawn = fc.record({
  name: fc.constantFrom(...stateNames),
  message: fc.option(fc.constantFrom('told', '')),
  owner: fc.constantFrom(null, { host: 'box', pid: 7, bootId: '', pidStart: '' }),
  place: fc.option(
    fc.record({
      dueInMicros: fc.option(fc.integer({ min: -1e12, max: 1e15 })),
      ahead: fc.integer({ min: 0, max: 1_000 }),
    }),
  ),
  flags: fc.record({ poolPaused: fc.boolean(), queuePaused: fc.boolean(), deploymentPaused: fc.boolean() }),
  workersOnline: fc.integer({ min: 0, max: 2 }),
  limits: fc.array(fc.constant({ name: 'api', slots: 1, held: 1, holders: ['a', 'b', 'c', 'd'] }), { maxLength: 2 }),
  worker: fc.option(fc.record({ leaseInMicros: fc.integer({ min: -1e9, max: 1e9 }) })),
  waits: fc.array(
    fc.record({
      kind: fc.constantFrom('sleep', 'input', 'event', 'run'),
      name: fc.option(fc.constant('name')),
      eventKey: fc.option(fc.constant('k 1')),
      deadline: fc.option(fc.integer({ min: now - 1e9, max: now + 1e9 })),
    }),
    { maxLength: 2 },
  ),
})

type Drawn = typeof drawn extends fc.Arbitrary<infer T> ? T : never

function asExplanation({
  name,
  message,
  owner,
  place: at,
  flags,
  worker,
  waits,
  workersOnline,
  limits,
}: Drawn): RunExplanation {
  return {
    ...flags,
    run: { ...queued.run, owner, state: stateOf(name, now, message === null ? {} : { message }) },
    workersOnline,
    limits,
    queued: at && { pool: 'default', queue: 'default', ...at },
    worker: worker && { id: 'w', name: 'etl', host: 'box', ...worker },
    waits: waits.map(({ kind, name: waitName, deadline, eventKey }) => ({
      id: 'wait',
      kind,
      name: waitName,
      deadline,
      eventKey,
    })),
  }
}

test('whatever a run is in, there is an answer, in words and with a next step', () => {
  fc.assert(
    fc.property(drawn, (one) => {
      const given = asExplanation(one)
      const { state, answers } = explain(given, now)
      expect(state).toBe(given.run.state)
      expect(answers.length).toBeGreaterThan(0)
      for (const { code, message, next } of answers) {
        expect(code).toMatch(/^[A-Z_]+$/)
        expect(message).toMatch(/^[A-Z].*[^.\s]$/)
        expect(next).toMatch(/\.$/)
        expect(`${message} ${next}`).not.toMatch(/undefined|null|NaN|\[object|  |''/)
      }
      if (isTerminal(state.type)) expect(answers).toHaveLength(1)
    }),
  )
})
