import { describe, expect, test } from 'vitest'
import { stateOf } from '@sluice/core'
import type { RunClaim, Store } from '../store.ts'
import { type StoreHarness } from './harness.testsuite.ts'
import { batch, child, owner, rootRun, t0, task, wait } from './records.testsuite.ts'

/** Who runs a root run, and how that ends. */
export function ownershipSuite(harness: StoreHarness): void {
  describe('ownership', () => {
    test('a claim makes the run live again under the next epoch', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = rootRun({
        state: stateOf('Failed', t0),
        error: { name: 'Error', message: 'x' },
        result: { ref: 'r', bytes: 1 },
        unhandled: ['k'],
        endedAt: t0,
        owner: null,
      })
      await store.createRun(run)
      const other = { ...owner, pid: 12 }
      const claimed = await store.claimRun(claim(run.id, 1, { owner: other, newAttempt: true }))
      expect(claimed).toEqual(await store.getRun(run.id))
      expect(claimed).toMatchObject({ epoch: 2, attempt: 2, owner: other, endedAt: null, error: null, result: null })
      expect(claimed?.unhandled).toEqual([])
      expect(claimed?.state).toEqual(retrying)
      expect(claimed?.timeline).toEqual([...run.timeline, ['Retrying', t0 + 5, 'again']])
    })

    test('of two who claim the same epoch one gets the run', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = rootRun()
      await store.createRun(run)
      const claims = await Promise.all([store.claimRun(claim(run.id, 1)), store.claimRun(claim(run.id, 1))])
      expect(claims.filter((claimed) => claimed !== undefined)).toHaveLength(1)
      expect((await store.readControl(run.id))?.epoch).toBe(2)
    })

    test('a resume does not change the attempt, and the first start stays', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = rootRun({ state: stateOf('Scheduled', t0), startedAt: null, timeline: [] })
      await store.createRun(run)
      const first = await store.claimRun(claim(run.id, 1, { state: stateOf('Running', t0 + 10) }))
      expect(first).toMatchObject({ startedAt: t0 + 10, attempt: 1, timeline: [['Running', t0 + 10]] })
      const second = await store.claimRun(claim(run.id, 2, { state: stateOf('Running', t0 + 20) }))
      expect(second).toMatchObject({ startedAt: t0 + 10, attempt: 1, epoch: 3 })
    })

    test('a claim drops the named checkpoints of every kind, and only in its own run', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const runs = [rootRun(), rootRun()]
      for (const run of runs) {
        await store.createRun(run)
        const kept = task(run.id, 1)
        const entries = [
          kept,
          task(run.id, 2, { key: 't' }),
          child(run, 3, { key: 'c' }),
          wait(run.id, 4, { key: 'w' }),
        ]
        await store.appendJournal(batch(run.id, 1, entries))
      }
      const [mine, other] = runs.map((run) => run.id)
      await store.claimRun(claim(String(mine), 1, { drop: ['t', 'c', 'w', 'unknown'] }))
      expect(await checkpoints(store, String(mine))).toEqual({ 'key-1': true, t: false, c: false, w: false })
      expect(await checkpoints(store, String(other))).toEqual({ 'key-1': true, t: true, c: true, w: true })
    })

    test('a crash ends the run and its unfinished child runs, and fences their owner', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = rootRun()
      await store.createRun(run)
      const done = child(run, 1)
      const open = child(run, 2, { state: stateOf('Running', t0), endedAt: null, result: null })
      await store.appendJournal(batch(run.id, 1, [done, open]))
      expect(await store.markCrashed({ id: run.id, expectedEpoch: 1, at: t0 + 9, message: 'pid 4711 is gone' })).toBe(
        true,
      )
      const crashed = stateOf('Crashed', t0 + 9, { message: 'pid 4711 is gone' })
      expect(await store.getRun(run.id)).toMatchObject({ state: crashed, epoch: 2, owner: null, endedAt: t0 + 9 })
      expect(await store.getRun(open.row.id)).toMatchObject({ state: crashed, checkpoint: false, endedAt: t0 + 9 })
      expect(await store.getRun(done.row.id)).toMatchObject({ state: done.row.state, checkpoint: true })
      expect((await store.getRun(run.id))?.timeline.at(-1)).toEqual(['Crashed', t0 + 9, 'pid 4711 is gone'])
    })

    test('a run crashes once, and not at all when it has ended or moved on', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const [live, ended] = [rootRun(), rootRun({ state: stateOf('Completed', t0) })]
      for (const run of [live, ended]) await store.createRun(run)
      const crash = (id: string, expectedEpoch: number) =>
        store.markCrashed({ id, expectedEpoch, at: t0, message: 'gone' })
      expect(await crash(live.id, 2)).toBe(false)
      expect(await crash(ended.id, 1)).toBe(false)
      expect(await crash(live.id, 1)).toBe(true)
      expect(await crash(live.id, 1)).toBe(false)
      expect(await crash(live.id, 2)).toBe(false)
    })

    test('crashes are counted until a checkpoint comes, whatever else is journaled', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = rootRun()
      await store.createRun(run)
      const counts: (number | undefined)[] = []
      const crash = async (epoch: number) => {
        await store.markCrashed({ id: run.id, expectedEpoch: epoch, at: t0, message: 'gone' })
        counts.push((await store.getRun(run.id))?.crashCount)
        await store.claimRun(claim(run.id, epoch + 1))
      }
      await crash(1)
      const started = task(run.id, 1, { state: stateOf('Running', t0) })
      await store.appendJournal(batch(run.id, 1, [started, wait(run.id, 2, { status: 'open' })], 3))
      await crash(3)
      await store.appendJournal(batch(run.id, 3, [task(run.id, 3)], 5))
      await crash(5)
      expect(counts).toEqual([1, 2, 1])
    })

    test('a run that nobody owns any more ends as it was told, its child runs with it', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = rootRun()
      await store.createRun(run)
      const open = child(run, 1, { state: stateOf('Running', t0), endedAt: null })
      await store.appendJournal(batch(run.id, 1, [open]))
      const state = stateOf('Cancelled', t0 + 3)
      expect(await store.endAbandoned({ id: run.id, expectedEpoch: 2, state })).toBe(false)
      expect(await store.endAbandoned({ id: run.id, expectedEpoch: 1, state })).toBe(true)
      expect(await store.getRun(run.id)).toMatchObject({ state, epoch: 2, crashCount: 0, endedAt: t0 + 3, owner: null })
      expect((await store.getRun(open.row.id))?.state).toEqual(state)
    })

    test('a live run is asked to stop once; one that ended stays as it is', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const [live, ended] = [rootRun(), rootRun({ state: stateOf('Completed', t0) })]
      for (const run of [live, ended]) await store.createRun(run)
      const asked = await store.requestCancel(live.id, stateOf('Cancelling', t0 + 1, { message: 'ada' }))
      expect(asked).toMatchObject({ epoch: 1, owner, state: { type: 'cancelling', at: t0 + 1, message: 'ada' } })
      expect(asked?.timeline).toEqual([...live.timeline, ['Cancelling', t0 + 1, 'ada']])
      expect(await store.requestCancel(live.id, stateOf('Cancelling', t0 + 2))).toEqual(asked)
      const told = { epoch: 1, state: asked?.state, answers: [], cancelTasks: [] }
      expect(await store.readControl(live.id)).toEqual(told)
      expect((await store.requestCancel(ended.id, stateOf('Cancelling', t0)))?.state.type).toBe('completed')
    })

    test('owned are the live root runs that a process has', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const [run, parked, ended] = [rootRun(), rootRun({ owner: null }), rootRun({ state: stateOf('Failed', t0) })]
      for (const each of [run, parked, ended]) await store.createRun(each)
      await store.appendJournal(batch(run.id, 1, [child(run, 1)]))
      expect(await store.listOwned()).toEqual([{ id: run.id, epoch: 1, flow: 'ingest', owner, state: run.state }])
    })
  })
}

const retrying = stateOf('Retrying', t0 + 5, { message: 'again' })

function claim(id: string, expectedEpoch: number, fields: Partial<RunClaim> = {}): RunClaim {
  return { id, expectedEpoch, owner, state: retrying, newAttempt: false, drop: [], ...fields }
}

async function checkpoints(store: Store, rootId: string): Promise<Record<string, boolean>> {
  const { tasks, runs, waits } = await store.loadCheckpoints(rootId)
  return Object.fromEntries([...tasks, ...runs, ...waits].map((row) => [row.key, row.checkpoint]))
}
