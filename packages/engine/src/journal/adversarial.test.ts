import { type CrashEnd, type CrashPoint, CrashingStore, enumerateCrashes, goOn, testHome } from '@sluice/testing'
import { openStore } from '@sluice/store'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { continueRun, type OpenHome } from '../index.ts'
import { Ledger } from './plan-ledger.fixture.ts'
import { expectedOf, flowOf, type Plan } from './random-flow.fixture.ts'

/** Few labels, so that equal calls are common. */
const leaf: fc.Arbitrary<Plan> = fc.record({
  kind: fc.constant('leaf' as const),
  label: fc.nat(2),
  turns: fc.nat(3),
  failures: fc.constantFrom(0, 0, 0, 1, 2),
  retries: fc.constantFrom(0, 0, 1),
  size: fc.constantFrom(0, 0, 0, 0, 70_000),
})

const { plan } = fc.letrec<{ plan: Plan; inner: Plan }>((tie) => {
  const parts = fc.array(tie('plan'), { minLength: 1, maxLength: 3 })
  return {
    plan: fc.oneof({ depthSize: 'small', maxDepth: 4, withCrossShrink: true }, leaf, tie('inner')),
    inner: fc.oneof(
      fc.record({ kind: fc.constantFrom('seq' as const, 'par' as const), parts }),
      fc.record({ kind: fc.constant('feed' as const), parts, label: fc.nat(2) }),
      fc.record({ kind: fc.constant('map' as const), labels: fc.array(fc.nat(1), { minLength: 1, maxLength: 3 }) }),
      fc.record({ kind: fc.constant('try' as const), body: tie('plan'), label: fc.nat(2) }),
      fc.record({
        kind: fc.constantFrom('nest' as const, 'child' as const),
        body: tie('plan'),
        failures: fc.nat(2),
        retries: fc.nat(1),
      }),
      fc.constant({ kind: 'sleep' as const }),
    ),
  }
})

function countOf(one: Plan): number {
  if (one.kind === 'map') return one.labels.length
  if ('parts' in one) return 1 + one.parts.reduce((sum, part) => sum + countOf(part), 0)
  return 1 + ('body' in one ? countOf(one.body) : 0)
}

const small = plan.filter((one) => countOf(one) >= 2 && countOf(one) <= 12)

async function expectSound(end: CrashEnd, ledger: Ledger, expected: ReturnType<typeof expectedOf>): Promise<void> {
  const where = JSON.stringify(end.points)
  if (expected === 'failed') expect(end.outcome.status, where).toBe('rejected')
  else expect(end.outcome, where).toEqual({ status: 'fulfilled', value: expected.value })
  expect(ledger.broken, where).toEqual([])
  const record = await end.store.getRun(end.runId)
  expect(record?.state.name, where).toBe(expected === 'failed' ? 'Failed' : 'Completed')
  expect(record?.nondeterministic, where).toBe(false)
  const { items } = await end.store.listTaskRuns({
    rootId: end.runId,
    limit: 100,
    states: ['scheduled', 'pending', 'running', 'paused'],
  })
  expect(
    items.map((row) => row.name),
    `${where}: rows left open`,
  ).toEqual([])
}

test('any flow, killed at any write, comes to its result, and no committed outcome is computed again', async () => {
  await fc.assert(
    fc.asyncProperty(small, fc.nat(1), async (one, failures) => {
      let ledger = new Ledger()
      const expected = expectedOf(one)
      await enumerateCrashes({
        flow: flowOf(one, { begins: () => ledger.begins(), broken: () => true }, { retries: 1, failures }),
        open: async () => ledger.watch(await openStore(':memory:')),
        reset: () => {
          ledger = new Ledger()
        },
        check: (end) => expectSound(end, ledger, expected),
      })
    }),
    { numRuns: Number(process.env['RUNS'] ?? 25), seed: Number(process.env['SEED'] ?? 7), endOnFailure: false },
  )
}, 60_000)

test('a failed flow that is retried, killed at any write of the retry, runs only what had failed', async () => {
  await fc.assert(
    fc.asyncProperty(small, async (one) => {
      fc.pre(expectedOf(one) === 'failed')
      const expected = expectedOf(one, true)
      fc.pre(expected !== 'failed')
      await enumerateRetryCrashes(one, (end, ledger) => expectSound(end, ledger, expected))
    }),
    { numRuns: Number(process.env['RUNS'] ?? 15), seed: Number(process.env['SEED'] ?? 11), maxSkipsPerRun: 1_000 },
  )
}, 60_000)

/** The flow fails (killed once at a write of that, or not), the cause goes away, and the retry is killed at one of its writes, or not. */
async function enumerateRetryCrashes(
  one: Plan,
  check: (end: CrashEnd, ledger: Ledger) => Promise<void>,
): Promise<void> {
  const writes = await retryCase(one, {}, check)
  for (const mode of ['before', 'after'] as const) {
    for (let at = 1; at <= writes.failing; at++) await retryCase(one, { failing: { at, mode } }, check)
    for (let at = 1; at <= writes.retrying; at++) await retryCase(one, { retrying: { at, mode } }, check)
  }
}

interface RetryPoints {
  readonly failing?: CrashPoint
  readonly retrying?: CrashPoint
}

async function retryCase(
  one: Plan,
  points: RetryPoints,
  check: (end: CrashEnd, ledger: Ledger) => Promise<void>,
): Promise<{ failing: number; retrying: number }> {
  const ledger = new Ledger()
  let broken = true
  const scenario = { flow: flowOf(one, { begins: () => ledger.begins(), broken: () => broken }) }
  await using store = ledger.watch(await openStore(':memory:'))
  await using home = await testHome({ store })
  const runId = home.settings.platform.newId()
  const until = async (
    point: CrashPoint | undefined,
    step: (seen: OpenHome) => Promise<PromiseSettledResult<unknown>>,
  ): Promise<{ writes: number; outcome: PromiseSettledResult<unknown> }> => {
    const crashing = new CrashingStore(store, point)
    const outcome = await step({ ...home, store: crashing.store })
    return { writes: crashing.writes, outcome: crashing.crashed ? await goOn(scenario, home, store, runId) : outcome }
  }
  const first = await until(points.failing, (seen) => goOn(scenario, seen, store, runId))
  const failed = await store.getRun(runId)
  if (failed?.state.name !== 'Failed') throw new Error('it was to fail first')
  broken = false
  const retry = async (seen: OpenHome): Promise<PromiseSettledResult<unknown>> => {
    const run = await store.getRun(runId)
    if (!run || run.epoch !== failed.epoch) return goOn(scenario, seen, store, runId)
    return continueRun({
      home: seen,
      run,
      flow: scenario.flow,
      mode: 'retry',
      reporter: { event: () => undefined },
    }).settled()
  }
  let second = await until(points.retrying, retry)
  // Killed before it had claimed the run: somebody asks for the retry again.
  if ((await store.getRun(runId))?.epoch === failed.epoch) second = await until(undefined, retry)
  await check(
    {
      points: [points.failing, points.retrying].filter((point) => point !== undefined),
      outcome: second.outcome,
      store,
      runId,
    },
    ledger,
  )
  return { failing: first.writes, retrying: second.writes }
}
