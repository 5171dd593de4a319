import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type SluiceError, stateOf } from '@sluice/core'
import type { JournalEntry } from '../journal-batch.ts'
import type { Store } from '../store.ts'
import { type StoreHarness } from './harness.testsuite.ts'
import { artifact, batch, cached, child, newId, rootRun, t0, task, wait } from './records.testsuite.ts'

const key = fc.constantFrom('a', 'b', 'c')
const kinds = ['started', 'finished', 'child', 'wait', 'artifact', 'drop', 'root', 'end'] as const
const anyStep = fc.record({ kind: fc.constantFrom(...kinds), key, other: key, last: fc.boolean() })
const steps = fc.array(anyStep, { maxLength: 24 }).map(endedForGood)

/** A run that has ended goes on only under another epoch. */
function endedForGood<S extends { readonly kind: (typeof kinds)[number] }>(plan: readonly S[]): S[] {
  const end = plan.findIndex(({ kind }) => kind === 'end')
  return plan.map((each, index) =>
    each.kind === 'root' && end !== -1 && index > end ? { ...each, kind: 'end' } : each,
  )
}

type Step = typeof steps extends fc.Arbitrary<readonly (infer S)[]> ? S : never

/** How entries are grouped is an accident of timing: it must not show. */
export function batchingSuite(harness: StoreHarness): void {
  describe('batches', () => {
    test('a journal reads the same however it was cut into batches', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      await fc.assert(
        fc.asyncProperty(steps, async (plan) => {
          const single = await written(store, plan, whole)
          expect(await written(store, plan, (entries) => cut(entries, plan))).toEqual(single)
        }),
        { numRuns: 60 },
      )
    })

    test('journals of several runs read the same however they were written at once', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      await fc.assert(
        fc.asyncProperty(steps, steps, async (one, other) => {
          const plans = [one, other, one]
          const alone = [await written(store, one, whole), await written(store, other, whole)]
          const together = await Promise.all(plans.map((plan) => written(store, plan, (entries) => cut(entries, plan))))
          expect(together).toEqual([alone[0], alone[1], alone[0]])
        }),
        { numRuns: 20 },
      )
    })

    test('of batches that come at once each has the verdict of its own fence', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const runs = Array.from({ length: 12 }, () => rootRun())
      for (const run of runs) await store.createRun(run)
      const [cancelled, crashed, ahead, repeated] = runs
      if (!cancelled || !crashed || !ahead || !repeated) throw new Error('there are twelve runs')
      await store.requestCancel(cancelled.id, stateOf('Cancelling', t0 + 1))
      await store.markCrashed({ id: crashed.id, expectedEpoch: 1, at: t0 + 1, message: 'gone' })
      const batches = runs.map((run) => batch(run.id, run === ahead ? 3 : 1, [task(run.id, 1)]))
      await store.appendJournal(batch(repeated.id, 1, [task(repeated.id, 1)]))
      const verdicts = await Promise.all(
        batches.map((each) => store.appendJournal(each).catch((error: unknown) => (error as SluiceError).code)),
      )
      const fine = { cancelling: false }
      expect(verdicts).toEqual([
        { cancelling: true },
        'RUN_FENCED',
        'JOURNAL_GAP',
        fine,
        ...Array.from({ length: 8 }, () => fine),
      ])
      const rows = await Promise.all(runs.map(async ({ id }) => (await store.loadCheckpoints(id)).tasks.length))
      expect(rows).toEqual([1, 0, 0, 1, ...Array.from({ length: 8 }, () => 1)])
    })
  })
}

const whole = (entries: readonly JournalEntry[]): JournalEntry[][] => entries.map((entry) => [entry])

/** A new batch begins after every step that says so. */
function cut(entries: readonly JournalEntry[], plan: readonly Step[]): JournalEntry[][] {
  const batches: JournalEntry[][] = [[]]
  entries.forEach((entry, index) => {
    batches.at(-1)?.push(entry)
    if (plan[index]?.last === true) batches.push([])
  })
  return batches
}

/** Everything that a new run has after these entries, without what differs from run to run. */
async function written(
  store: Store,
  plan: readonly Step[],
  cutting: (entries: readonly JournalEntry[]) => readonly (readonly JournalEntry[])[],
): Promise<unknown> {
  const run = rootRun()
  await store.createRun(run)
  const ids = new Map<string, string>()
  const entries = plan.map((step, index) => entryOf(run.id, ids, step, index + 1))
  let first = 1
  for (const part of cutting(entries)) {
    await store.appendJournal(batch(run.id, first, part))
    first += part.length
  }
  const found = {
    ...(await store.loadCheckpoints(run.id)),
    artifacts: await store.listArtifacts(run.id),
    cached: await Promise.all(['a', 'b', 'c'].map((each) => store.getCached(`${run.id}${each}`, t0))),
    run: await store.getRun(run.id),
  }
  return JSON.parse(JSON.stringify(found), (_, value: unknown) =>
    typeof value === 'string' ? stable(value, run.id, ids) : value,
  )
}

/** Ids become the order in which they were made. */
function stable(text: string, rootId: string, ids: ReadonlyMap<string, string>): string {
  const names = [...ids.entries()].map(([name, id]) => [id, name] as const)
  return [[rootId, 'root'] as const, ...names].reduce((before, [id, name]) => before.replaceAll(id, name), text)
}

function entryOf(rootId: string, ids: Map<string, string>, step: Step, seq: number): JournalEntry {
  const id = (name: string): string => {
    const known = ids.get(name) ?? newId()
    ids.set(name, known)
    return known
  }
  const made = { id: id(`${step.kind}-${seq}`), key: step.key }
  const result = { text: String(seq) }
  const cacheOf = { runId: rootId, taskRunId: made.id, result }
  const makers: Record<Step['kind'], () => JournalEntry> = {
    started: () => task(rootId, seq, { ...made, state: stateOf('Running', t0), result: null }),
    finished: () => task(rootId, seq, made, cached(`${rootId}${step.other}`, cacheOf)),
    child: () => child(rootRun({ id: rootId }), seq, { id: id(`child-${step.other}`), key: step.key }),
    wait: () => wait(rootId, seq, made),
    artifact: () => ({
      kind: 'artifact',
      row: artifact(rootId, { ...made, data: { seq }, createdAt: t0 + seq, updatedAt: t0 + seq }),
    }),
    drop: () => ({ kind: 'drop', keys: [step.key, step.other] }),
    root: () => ({ kind: 'root', state: stateOf('Running', t0 + seq), timeline: [], attempt: seq, name: step.key }),
    end: () => ({
      kind: 'root',
      state: stateOf('Failed', t0 + seq),
      timeline: [['Failed', t0 + seq]],
      unhandled: [step.key],
    }),
  }
  return makers[step.kind]()
}
