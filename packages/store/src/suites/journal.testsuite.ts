import { describe, expect, test } from 'vitest'
import { stateOf } from '@sluice/core'
import { expectCode, type StoreHarness } from './harness.testsuite.ts'
import { artifact, batch, cached, child, newId, owner, rootRun, t0, task, wait } from './records.testsuite.ts'

/** Appending to a journal and loading it again. */
export function journalSuite(harness: StoreHarness): void {
  describe('the journal', () => {
    test('gives back every call of the run in the order of its numbers', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = rootRun()
      await store.createRun(run)
      const entries = [
        task(run.id, 1, { result: { ref: 'abc', bytes: 100_000 }, unhandled: ['u'] }),
        wait(run.id, 2, { match: '{"a":1}', outcome: null, status: 'timedOut', name: 'night' }),
        child(run, 3, { error: { name: 'Error', message: 'x' }, result: null }),
        task(run.id, 4, { parentTaskId: newId(), error: { name: 'RangeError', message: 'y', code: 'E_Y' } }),
      ]
      expect(await store.appendJournal(batch(run.id, 1, entries))).toEqual({ cancelling: false })
      const { tasks, runs, waits } = await store.loadCheckpoints(run.id)
      const [first, sleep, part, last] = entries.map((entry) => entry.row)
      expect(waits).toEqual([sleep])
      expect(tasks.map((row) => row.seq)).toEqual([1, 4])
      for (const row of tasks) expect(first?.id === row.id ? first : last).toMatchObject(row)
      for (const row of runs) expect(part).toMatchObject(row)
      expect(runs).toHaveLength(1)
      expect((await store.getRun(run.id))?.journalSeq).toBe(4)
    })

    test('a task run comes back as it was written', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = rootRun()
      await store.createRun(run)
      const { row } = task(run.id, 1, {
        runName: 'month 1',
        version: '7',
        tags: ['a'],
        state: stateOf('AwaitingRetry', t0, { message: 'm', waitingFor: { kind: 'time', until: t0 + 1 } }),
        resumable: false,
        checkpoint: false,
        upstream: { data: [newId()], after: [newId()], more: 2 },
        startedAt: null,
        endedAt: null,
        result: null,
      })
      await store.appendJournal(batch(run.id, 1, [{ kind: 'task', row }]))
      expect(await store.getTaskRun(row.id)).toEqual(row)
    })

    test('a batch that comes again is applied once', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = rootRun()
      await store.createRun(run)
      const first = batch(run.id, 1, [task(run.id, 1), task(run.id, 2)])
      await store.appendJournal(first)
      await store.appendJournal(batch(run.id, 3, [task(run.id, 3, { key: 'key-1' })]))
      expect(await store.appendJournal(first)).toEqual({ cancelling: false })
      expect((await store.loadCheckpoints(run.id)).tasks.map((row) => row.seq)).toEqual([2, 3])
    })

    test('a batch that leaves out numbers is a gap and writes nothing', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = rootRun()
      await store.createRun(run)
      await expectCode(store.appendJournal(batch(run.id, 2, [task(run.id, 2)])), 'JOURNAL_GAP')
      await store.appendJournal(batch(run.id, 1, [task(run.id, 1)]))
      await expectCode(store.appendJournal(batch(run.id, 1, [task(run.id, 1), task(run.id, 2)])), 'JOURNAL_GAP')
      expect((await store.loadCheckpoints(run.id)).tasks).toHaveLength(1)
    })

    test('a batch of another epoch is fenced and writes nothing', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = rootRun()
      await store.createRun(run)
      const state = stateOf('Running', t0)
      await store.claimRun({ id: run.id, expectedEpoch: 1, owner, state, newAttempt: false, drop: [] })
      const late = [task(run.id, 1, {}, cached('c')), child(run, 2), wait(run.id, 3)]
      await expectCode(store.appendJournal(batch(run.id, 1, late)), 'RUN_FENCED')
      await expectCode(store.appendJournal(batch(run.id, 1, late, 3)), 'RUN_FENCED')
      expect(await store.loadCheckpoints(run.id)).toEqual({ tasks: [], runs: [], waits: [] })
      expect(await store.getCached('c', t0)).toBeUndefined()
    })

    test('a journal of no root run is refused', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = rootRun()
      await store.createRun(run)
      const part = child(run, 1)
      await store.appendJournal(batch(run.id, 1, [part]))
      for (const id of [newId(), part.row.id]) {
        await expectCode(store.appendJournal(batch(id, 1, [task(id, 1)])), 'RUN_NOT_FOUND')
        await expectCode(store.appendJournal({ ...batch(id, 1, [task(id, 1)]), epoch: 0 }), 'RUN_NOT_FOUND')
      }
    })

    test('an empty batch asks only whether the run is still mine', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = rootRun()
      await store.createRun(run)
      expect(await store.appendJournal(batch(run.id, 1, []))).toEqual({ cancelling: false })
      await store.requestCancel(run.id, stateOf('Cancelling', t0))
      expect(await store.appendJournal(batch(run.id, 1, []))).toEqual({ cancelling: true })
      await expectCode(store.appendJournal(batch(run.id, 1, [], 9)), 'RUN_FENCED')
    })

    test('a batch with one row that cannot be written writes none', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = rootRun()
      await store.createRun(run)
      const first = task(run.id, 1)
      await store.appendJournal(batch(run.id, 1, [first]))
      const stolen = task(run.id, 3, { id: first.row.id })
      await expect(store.appendJournal(batch(run.id, 2, [task(run.id, 2), stolen]))).rejects.toThrow()
      expect((await store.loadCheckpoints(run.id)).tasks).toHaveLength(1)
      expect((await store.getRun(run.id))?.journalSeq).toBe(1)
      await store.appendJournal(batch(run.id, 2, [task(run.id, 2)]))
    })

    test('the last word on a row wins, within a batch and after it', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = rootRun()
      await store.createRun(run)
      const id = newId()
      const running = stateOf('Running', t0)
      const started = task(run.id, 1, { id, key: 'k', state: running, result: null, endedAt: null })
      const finished = task(run.id, 3, { id, key: 'k' })
      await store.appendJournal(batch(run.id, 1, [started, task(run.id, 2), finished]))
      expect((await store.loadCheckpoints(run.id)).tasks.map((row) => row.seq)).toEqual([2, 3])
      expect(await store.getTaskRun(id)).toEqual(finished.row)
      const again = task(run.id, 4, { key: 'k', attempt: 2 })
      await store.appendJournal(batch(run.id, 4, [again]))
      expect(await store.getTaskRun(id)).toBeUndefined()
      expect(await store.getTaskRun(again.row.id)).toEqual(again.row)
    })

    test('a child run and a wait are replaced as a whole', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = rootRun()
      await store.createRun(run)
      const open = child(run, 1, { state: stateOf('Running', t0), endedAt: null, result: null, tags: ['x'] })
      const registered = wait(run.id, 2, { status: 'open', outcome: null, endedAt: null })
      await store.appendJournal(batch(run.id, 1, [open, registered]))
      const done = child(run, 3, { id: open.row.id, key: open.row.key })
      const over = wait(run.id, 4, { id: registered.row.id, key: registered.row.key })
      await store.appendJournal(batch(run.id, 3, [done, over]))
      const { runs, waits } = await store.loadCheckpoints(run.id)
      expect(runs.map((row) => [row.id, row.seq, row.state])).toEqual([[open.row.id, 3, done.row.state]])
      expect(waits).toEqual([over.row])
      expect(await store.getRun(open.row.id)).toMatchObject({ tags: [], flow: 'part', owner: null, epoch: 0 })
    })

    test('never touches a run of another root, whatever id it names', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const [mine, other] = [rootRun(), rootRun()]
      await store.createRun(mine)
      await store.createRun(other)
      await store.appendJournal(batch(mine.id, 1, [child(mine, 1, { id: other.id })]))
      expect(await store.getRun(other.id)).toMatchObject({ rootId: other.id, flow: other.flow, epoch: 1 })
    })

    test('a drop strikes what came before it, and what comes after it stands', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = rootRun()
      await store.createRun(run)
      await store.appendJournal(batch(run.id, 1, [task(run.id, 1, { key: 'old' }), task(run.id, 2, { key: 'anew' })]))
      await store.appendJournal(
        batch(run.id, 3, [
          task(run.id, 3, { key: 'fresh' }),
          child(run, 4, { key: 'part' }),
          wait(run.id, 5, { key: 'nap' }),
          { kind: 'drop', keys: ['old', 'anew', 'fresh', 'part', 'nap', 'unknown'] },
          task(run.id, 7, { key: 'anew' }),
          wait(run.id, 8, { key: 'nap' }),
        ]),
      )
      const { tasks, runs, waits } = await store.loadCheckpoints(run.id)
      expect([...tasks, ...runs, ...waits].map((row) => [row.key, row.checkpoint])).toEqual([
        ['old', false],
        ['fresh', false],
        ['anew', true],
        ['part', false],
        ['nap', true],
      ])
    })

    test('takes a thousand entries of every kind in one batch', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = rootRun()
      await store.createRun(run)
      const entries = Array.from({ length: 1000 }, (_, index) => {
        const seq = index + 1
        if (seq % 10 === 0) return child(run, seq)
        if (seq % 10 === 5) return { kind: 'artifact', row: artifact(run.id, { key: `a${seq}` }) } as const
        return seq % 10 === 7 ? wait(run.id, seq) : task(run.id, seq, {}, cached(`c${seq}`))
      })
      await store.appendJournal(batch(run.id, 1, entries))
      const { tasks, runs, waits } = await store.loadCheckpoints(run.id)
      expect([tasks.length, runs.length, waits.length]).toEqual([700, 100, 100])
      expect(await store.listArtifacts(run.id)).toHaveLength(100)
      expect((await store.getCached('c999', t0))?.key).toBe('c999')
    })
  })
}
