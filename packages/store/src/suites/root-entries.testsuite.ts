import { describe, expect, test } from 'vitest'
import { stateOf } from '@sluice/core'
import type { RootRunEntry } from '../journal-batch.ts'
import { type StoreHarness } from './harness.testsuite.ts'
import { batch, owner, rootRun, t0, task } from './records.testsuite.ts'

const running = stateOf('Retrying', t0 + 1, { message: 'again' })
const completed = stateOf('Completed', t0 + 9)
const cancelling = stateOf('Cancelling', t0 + 5)

function rootEntry(fields: Partial<RootRunEntry> = {}): RootRunEntry {
  return { kind: 'root', state: running, timeline: [['Retrying', t0 + 1, 'again']], ...fields }
}

/** What a journal says about the root run itself. */
export function rootEntrySuite(harness: StoreHarness): void {
  describe('a change to the root run', () => {
    test('writes what it names and leaves the rest', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = rootRun()
      await store.createRun(run)
      await store.appendJournal(batch(run.id, 1, [rootEntry()]))
      const before = { ...run, state: running, timeline: [['Retrying', t0 + 1, 'again']] }
      expect(await store.getRun(run.id)).toMatchObject(before)
      const change = { attempt: 2, name: 'calm-heron', unhandled: ['k'], nondeterministic: true }
      await store.appendJournal(batch(run.id, 2, [rootEntry(change)]))
      expect(await store.getRun(run.id)).toMatchObject({ ...before, ...change })
    })

    test('that ends it clears the owner and keeps result and error', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const runs = [rootRun(), rootRun()]
      for (const run of runs) await store.createRun(run)
      const [one, other] = runs.map((run) => run.id) as [string, string]
      const result = { ref: 'abc', bytes: 70_000 }
      await store.appendJournal(batch(one, 1, [rootEntry({ state: completed, result, endedAt: t0 + 10 })]))
      expect(await store.getRun(one)).toMatchObject({ state: completed, owner: null, result, endedAt: t0 + 10 })
      const error = { name: 'Error', message: 'x' }
      await store.appendJournal(batch(other, 1, [rootEntry({ state: stateOf('Failed', t0 + 3), error })]))
      expect(await store.getRun(other)).toMatchObject({ owner: null, error, result: null, endedAt: t0 + 3 })
    })

    test('tells the first start', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = rootRun({ state: stateOf('Pending', t0), startedAt: null })
      await store.createRun(run)
      await store.appendJournal(batch(run.id, 1, [rootEntry({ state: stateOf('Running', t0 + 2) })]))
      await store.appendJournal(batch(run.id, 2, [rootEntry({ state: stateOf('Running', t0 + 4) })]))
      expect((await store.getRun(run.id))?.startedAt).toBe(t0 + 2)
    })

    test('several in one batch are one, in their order', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = rootRun()
      await store.createRun(run)
      const entries = [
        rootEntry({ attempt: 2, name: 'a' }),
        task(run.id, 2),
        rootEntry({ state: completed, name: 'b' }),
      ]
      await store.appendJournal(batch(run.id, 1, entries))
      expect(await store.getRun(run.id)).toMatchObject({ state: completed, attempt: 2, name: 'b', journalSeq: 3 })
    })

    test('does not make its owner miss that it was asked to stop', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = rootRun()
      await store.createRun(run)
      await store.requestCancel(run.id, cancelling)
      expect(await store.appendJournal(batch(run.id, 1, [rootEntry({ attempt: 2 })]))).toEqual({ cancelling: true })
      const asked = { state: cancelling, attempt: 2, owner, timeline: [...run.timeline, ['Cancelling', t0 + 5]] }
      expect(await store.getRun(run.id)).toMatchObject(asked)
      expect(await store.appendJournal(batch(run.id, 2, [task(run.id, 2)]))).toEqual({ cancelling: true })
    })

    test('ends it even when it was asked to stop, and says that it was', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = rootRun()
      await store.createRun(run)
      await store.requestCancel(run.id, cancelling)
      const end = batch(run.id, 1, [rootEntry({ state: completed, timeline: [['Completed', t0 + 9]] })])
      expect(await store.appendJournal(end)).toEqual({ cancelling: true })
      expect(await store.getRun(run.id)).toMatchObject({ state: completed, timeline: [['Completed', t0 + 9]] })
      expect(await store.appendJournal(end)).toEqual({ cancelling: false })
    })
  })
}
