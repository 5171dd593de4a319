import { describe, expect, test } from 'vitest'
import { stateOf } from '@sluice/core'
import { claimRun } from '../queries/claim-run.ts'
import { requestCancel } from '../queries/request-cancel.ts'
import type { RunClaim } from '../store.ts'
import { append, expectCode, type StoreHarness } from './harness.testsuite.ts'
import { batch, child, owner, rootRun, t0, task, wait } from './records.testsuite.ts'

const successor = (id: string): RunClaim => ({
  id,
  expectedEpoch: 1,
  owner: { ...owner, pid: 12 },
  state: stateOf('Running', t0 + 1),
  newAttempt: false,
  drop: ['key-2'],
})

/** Two clients at the same run, their transactions interleaved by hand. */
export function fenceSuite(harness: StoreHarness): void {
  describe('the fence', () => {
    test('a successor waits for an append that is past the fence, and then sees its rows', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = rootRun()
      await store.createRun(run)
      const late = await database.holdAppend(batch(run.id, 1, [task(run.id, 1), task(run.id, 2)]))
      const claiming = store.claimRun(successor(run.id))
      await late.blocking()
      await late.commit()
      expect((await claiming)?.journalSeq).toBe(2)
      const { tasks } = await store.loadCheckpoints(run.id)
      expect(tasks.map((row) => [row.key, row.checkpoint])).toEqual([
        ['key-1', true],
        ['key-2', false],
      ])
    })

    test('an append that fails after its fence leaves the run to its successor', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = rootRun()
      await store.createRun(run)
      const late = await database.holdAppend(batch(run.id, 1, [task(run.id, 1)]))
      const claiming = store.claimRun(successor(run.id))
      await late.blocking()
      await late.rollback()
      expect((await claiming)?.journalSeq).toBe(0)
      expect((await store.loadCheckpoints(run.id)).tasks).toEqual([])
    })

    test('an append that meets a successor under way waits for it, is fenced, and leaves no row', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = rootRun()
      await store.createRun(run)
      const claiming = await database.holdSteps(() => claimRun(successor(run.id)))
      const entries = [task(run.id, 1), child(run, 2), wait(run.id, 3)]
      const late = append(database, store, batch(run.id, 1, entries))
      const refused = expectCode(late, 'RUN_FENCED')
      await claiming.blocking()
      await claiming.commit()
      await refused
      expect(await store.loadCheckpoints(run.id)).toEqual({ tasks: [], runs: [], waits: [] })
      expect(await store.readControl(run.id)).toMatchObject({ epoch: 2 })
    })

    test('an append goes on when the successor gives up', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = rootRun()
      await store.createRun(run)
      const claiming = await database.holdSteps(() => claimRun(successor(run.id)))
      const appending = append(database, store, batch(run.id, 1, [task(run.id, 1)]))
      await claiming.blocking()
      await claiming.rollback()
      expect(await appending).toEqual({ cancelling: false })
    })

    test('a batch sent again while its first try is under way is applied once', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = rootRun()
      await store.createRun(run)
      const sent = batch(run.id, 1, [task(run.id, 1), { kind: 'drop', keys: ['key-1'] }])
      const first = await database.holdAppend(sent)
      const again = append(database, store, sent)
      await first.blocking()
      await first.commit()
      expect(await again).toEqual({ cancelling: false })
      expect((await store.getRun(run.id))?.journalSeq).toBe(2)
    })

    test('a crash also ends the child run of an append that was under way', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = rootRun()
      await store.createRun(run)
      const open = child(run, 1, { state: stateOf('Running', t0), endedAt: null })
      const late = await database.holdAppend(batch(run.id, 1, [open]))
      const crashing = store.markCrashed({ id: run.id, expectedEpoch: 1, at: t0 + 2, message: 'gone' })
      await late.blocking()
      await late.commit()
      expect(await crashing).toBe(true)
      expect((await store.getRun(open.row.id))?.state.type).toBe('crashed')
    })

    test('a fenced append drops nothing', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = rootRun()
      await store.createRun(run)
      await store.appendJournal(batch(run.id, 1, [task(run.id, 1), child(run, 2), wait(run.id, 3)]))
      const claiming = await database.holdSteps(() => claimRun({ ...successor(run.id), drop: [] }))
      const drop = { kind: 'drop', keys: ['key-1', 'child-2', 'wait-3'] } as const
      const refused = expectCode(append(database, store, batch(run.id, 4, [drop])), 'RUN_FENCED')
      await claiming.blocking()
      await claiming.commit()
      await refused
      const { tasks, runs, waits } = await store.loadCheckpoints(run.id)
      expect([...tasks, ...runs, ...waits].map((row) => row.checkpoint)).toEqual([true, true, true])
    })

    test('an append that meets a wish to cancel leaves it and tells it', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = rootRun()
      await store.createRun(run)
      const asking = await database.holdSteps(() => requestCancel(run.id, stateOf('Cancelling', t0 + 2)))
      const change = { kind: 'root', state: stateOf('Running', t0 + 1), timeline: [], attempt: 2 } as const
      const appending = append(database, store, batch(run.id, 1, [change]))
      await asking.blocking()
      await asking.commit()
      expect(await appending).toEqual({ cancelling: true })
      expect(await store.getRun(run.id)).toMatchObject({ attempt: 2, state: { type: 'cancelling', at: t0 + 2 } })
    })

    test('a wish to cancel that meets an append is told by the next one', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = rootRun()
      await store.createRun(run)
      const running = await database.holdAppend(
        batch(run.id, 1, [{ kind: 'root', state: stateOf('Running', t0 + 1), timeline: [['Running', t0 + 1]] }]),
      )
      const asking = store.requestCancel(run.id, stateOf('Cancelling', t0 + 2))
      await running.blocking()
      await running.commit()
      expect((await asking)?.state.type).toBe('cancelling')
      expect(await store.appendJournal(batch(run.id, 2, [task(run.id, 2)]))).toEqual({ cancelling: true })
    })
  })
}
