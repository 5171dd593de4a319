import { describe, expect, test } from 'vitest'
import { stateOf } from '@sluice/core'
import { expectCode, type StoreHarness } from './harness.testsuite.ts'
import { batch, child, newId, owner, rootRun, t0 } from './records.testsuite.ts'

/** Root runs: created, read, found. */
export function runSuite(harness: StoreHarness): void {
  describe('runs', () => {
    test('a run comes back as it was written', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = rootRun({
        flowVersion: '2.1',
        description: 'Trips of one month',
        parameters: { ref: 'abc', bytes: 70_000 },
        tags: ['nightly', 'eu'],
        state: stateOf('Suspended', t0 + 7, { message: 'waits', waitingFor: { kind: 'time', until: t0 + 99 } }),
        timeline: [
          ['Running', t0],
          ['Suspended', t0 + 7, 'waits'],
        ],
        attempt: 3,
        result: { text: '["ok"]' },
        error: { name: 'TypeError', message: 'no \0 such', stack: 'at x', cause: { name: 'Error', message: 'inner' } },
        unhandled: ['k1'],
        upstream: { data: ['a'], after: ['b'], more: 4 },
        endedAt: t0 + 9,
        rerunOf: newId(),
      })
      await store.createRun(run)
      expect(await store.getRun(run.id)).toEqual({
        ...run,
        epoch: 1,
        journalSeq: 0,
        seq: null,
        crashCount: 0,
        nondeterministic: false,
        checkpoint: true,
      })
    })

    test('text that a database cannot hold is kept readable', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = rootRun({ name: 'a\0b\uD800c', state: stateOf('Running', t0, { message: '\0' }) })
      await store.createRun(run)
      const found = await store.getRun(run.id)
      expect(found?.name).toBe('a\uFFFDb\uFFFDc')
      expect(found?.state.message).toBe('\uFFFD')
    })

    test('creating a run again, after a lost answer, changes nothing', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = rootRun()
      await store.createRun(run)
      await store.createRun({ ...run, name: 'other' })
      expect((await store.getRun(run.id))?.name).toBe(run.name)
    })

    test('creating a run that somebody has taken over is fenced', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = rootRun()
      await store.createRun(run)
      await store.claimRun({ id: run.id, expectedEpoch: 1, owner, state: run.state, newAttempt: false, drop: [] })
      await expectCode(store.createRun(run), 'RUN_FENCED')
    })

    test('a run needs a UUID for an id', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      await expectCode(store.createRun(rootRun({ id: 'run-1' })), 'OPTION_INVALID')
    })

    test('an id that is none finds nothing', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      for (const id of ['', 'run-1', newId()]) {
        expect(await store.getRun(id)).toBeUndefined()
        expect(await store.getTaskRun(id)).toBeUndefined()
        expect(await store.readControl(id)).toBeUndefined()
        expect(await store.requestCancel(id, stateOf('Cancelling', t0))).toBeUndefined()
        expect(await store.loadCheckpoints(id)).toEqual({ tasks: [], runs: [], waits: [] })
        expect(await store.listTaskRuns({ rootId: id, limit: 1 })).toEqual({ items: [], next: null })
        expect(await store.listLogs({ rootId: id, limit: 1 })).toEqual({ items: [], next: null })
        expect((await store.countTaskRuns(id)).total).toBe(0)
        expect(await store.listArtifacts(id)).toEqual([])
        expect(await store.markCrashed({ id, expectedEpoch: 1, at: t0, message: '' })).toBe(false)
      }
    })

    test('the beginning of an id finds its run, with hyphens or without', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const root = rootRun({ id: '0199aaaa-0000-7000-8000-000000000001' })
      const part = child(root, 1, { id: '0199bbbb-0000-7000-8000-000000000002' })
      await store.createRun(root)
      await store.appendJournal(batch(root.id, 1, [part]))
      expect((await store.findRun('0199aaaa'))?.id).toBe(root.id)
      expect((await store.findRun('0199AAAA00007'))?.id).toBe(root.id)
      expect((await store.findRun('0199bbbb-0000-7'))?.id).toBe(part.row.id)
      expect((await store.findRun(root.id))?.id).toBe(root.id)
      for (const prefix of ['0199cc', 'zebra', '', `${root.id}0`]) expect(await store.findRun(prefix)).toBeUndefined()
    })

    test('a beginning that several ids share is ambiguous', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      for (const last of ['1', '2', '3']) {
        await store.createRun(rootRun({ id: `0199aaaa-0000-7000-8000-00000000000${last}` }))
      }
      await expectCode(store.findRun('0199'), 'AMBIGUOUS_ID')
    })
  })
}
