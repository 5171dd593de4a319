import { describe, expect, test } from 'vitest'
import { stateOf } from '@sluice/core'
import { createRuns } from '../queries/dispatch/create-runs.ts'
import { noOrigin } from '../records.ts'
import { claim, enqueue, idsOf, queued, register, running } from './dispatch-records.testsuite.ts'
import { expectCode, type StoreHarness } from './harness.testsuite.ts'
import { newId, rootRun, t0 } from './records.testsuite.ts'

/** Runs that wait for a worker. */
export function queueSuite(harness: StoreHarness): void {
  describe('the queue', () => {
    test('runs are created with all that is known of them, and their place', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const origin = {
        deploymentId: newId(),
        deploymentVersionId: newId(),
        scheduleId: newId(),
        interval: { start: t0 - 60, end: t0 },
        priority: 3,
        dueAt: t0,
        jobVariables: '{"memory":"1G"}',
        startedBy: newId(),
      }
      const given = queued({ origin, dueInMs: null }, { tags: ['nightly'] })
      expect(await store.createRuns([given])).toEqual([{ id: given.run.id, created: true, conflict: false }])
      const place = { ...noOrigin, ...origin, pool: 'default', queue: 'default' }
      expect(await store.getRun(given.run.id)).toMatchObject({ ...given.run, origin: place, epoch: 1 })
      const explained = await store.explainRun(given.run.id)
      expect(explained?.queued).toMatchObject({ pool: 'default', queue: 'default', ahead: 0 })
      expect(explained?.queued?.dueInMicros).toBeLessThan(0)
    })

    test('a run that nobody is to claim is created without a place', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = rootRun()
      await store.createRuns([{ run, dispatch: null }])
      expect(await store.getRun(run.id)).toMatchObject({ ...run, epoch: 1 })
      expect((await store.explainRun(run.id))?.queued).toBeNull()
    })

    test('a key stands for one run, whether it comes again at once or later', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const [first, twin, other] = [queued({ key: 'k' }), queued({ key: 'k' }), queued({ key: 'k', hash: 'x' })]
      expect(await store.createRuns([first, twin])).toEqual([
        { id: first.run.id, created: true, conflict: false },
        { id: first.run.id, created: false, conflict: false },
      ])
      expect(await store.createRuns([other, queued({ key: 'l' })])).toMatchObject([
        { id: first.run.id, created: false, conflict: true },
        { created: true },
      ])
      expect(await store.getRun(other.run.id)).toBeUndefined()
      expect((await claim(store, await register(store))).map(({ id }) => id)).not.toContain(twin.run.id)
    })

    test('a key that two send at once makes one run', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const [first, second] = [queued({ key: 'k' }), queued({ key: 'k' })]
      const held = await database.holdSteps(() => createRuns([first]))
      const late = store.createRuns([second])
      await held.blocking()
      await held.commit()
      expect(await late).toEqual([{ id: first.run.id, created: false, conflict: false }])
      expect(await store.getRun(second.run.id)).toBeUndefined()
    })

    test('a run that is sent again is neither doubled nor queued again', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const given = queued()
      await store.createRuns([given])
      const workerId = await register(store)
      expect(await claim(store, workerId)).toHaveLength(1)
      expect(await store.createRuns([given])).toEqual([{ id: given.run.id, created: false, conflict: false }])
      expect(await claim(store, workerId)).toEqual([])
    })

    test('an unknown pool or queue refuses them all', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const good = queued()
      await expectCode(store.createRuns([good, queued({ pool: 'nope' })]), 'POOL_NOT_FOUND')
      await expectCode(store.createRuns([good, queued({ queue: 'nope' })]), 'QUEUE_NOT_FOUND')
      expect(await store.getRun(good.run.id)).toBeUndefined()
    })

    test('each pool tells when it has something to give', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      expect(await store.nextDue()).toEqual([])
      await register(store, { pool: 'later' })
      await enqueue(
        store,
        queued({ dueInMs: -1000 }),
        queued({ dueInMs: 5000 }),
        queued({ pool: 'later', dueInMs: 3_600_000 }),
      )
      const [now, later] = await store.nextDue()
      expect([now?.pool, later?.pool]).toEqual(['default', 'later'])
      expect(now?.inMicros).toBeLessThanOrEqual(-1_000_000)
      expect(later?.inMicros).toBeGreaterThan(3_500_000_000)
      await store.setPoolPaused('later', true)
      expect((await store.nextDue()).map(({ pool }) => pool)).toEqual(['default'])
    })

    test('a run that should have begun is late, once, and still told what it waits for', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const waitingFor = { kind: 'worker', pool: 'default' } as const
      const state = stateOf('Scheduled', t0, { waitingFor })
      const [late] = await enqueue(store, queued({ dueInMs: -20_000 }, { state }), queued({ dueInMs: -1000 }))
      expect(await store.markLate({ afterMs: 10_000, limit: 10 })).toEqual([late])
      expect(await store.markLate({ afterMs: 10_000, limit: 10 })).toEqual([])
      const run = await store.getRun(String(late))
      expect(run?.state).toMatchObject({ type: 'scheduled', name: 'Late', waitingFor })
      expect(run?.timeline.map(([name]) => name)).toEqual(['Scheduled', 'Late'])
    })

    test('a queued run is cancelled where it is, and nobody gets it', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const [one, two] = await enqueue(store, queued(), queued())
      const state = stateOf('Cancelled', t0 + 1, { message: 'ada' })
      expect(await store.cancelQueued(String(one), state)).toBe(true)
      expect(await store.cancelQueued(String(one), state)).toBe(false)
      expect(await store.getRun(String(one))).toMatchObject({ state, endedAt: t0 + 1, epoch: 2 })
      expect(idsOf(await claim(store, await register(store)))).toEqual([two])
      expect(await store.cancelQueued(String(two), state)).toBe(false)
      expect((await store.requestCancel(String(two), stateOf('Cancelling', t0 + 2)))?.state.type).toBe('cancelling')
    })

    test('whoever asks for the end of a queued run sees it ended', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const [id] = await enqueue(store, queued())
      const asked = await store.requestCancel(String(id), stateOf('Cancelling', t0 + 1, { message: 'ada' }))
      expect(asked?.state).toEqual(stateOf('Cancelled', t0 + 1, { message: 'ada' }))
      expect(await claim(store, await register(store))).toEqual([])
    })

    test('a run that ended is retried through the queue, with its drops and the next attempt', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const versionId = newId()
      const ended = rootRun({
        state: stateOf('Failed', t0),
        endedAt: t0,
        owner: null,
        error: { name: 'E', message: 'x' },
      })
      await store.createRun(ended)
      const retry = { newAttempt: true, drop: ['k'], pool: 'default', queue: 'default', dueInMs: 0 }
      const state = stateOf('Scheduled', t0 + 5)
      expect(await store.requeueRun({ ...retry, id: ended.id, expectedEpoch: 7, state })).toBeUndefined()
      const again = await store.requeueRun({
        ...retry,
        id: ended.id,
        expectedEpoch: 1,
        state,
        deploymentVersionId: versionId,
      })
      expect(again).toMatchObject({ epoch: 2, attempt: 2, state, endedAt: null, error: null })
      expect(again?.origin).toMatchObject({ pool: 'default', deploymentVersionId: versionId })
      expect(await claim(store, await register(store))).toMatchObject([{ id: ended.id, epoch: 3 }])
    })

    test('a run that a worker has is not queued a second time', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const { run } = await running(store)
      const retry = { newAttempt: true, drop: [], pool: 'default', queue: 'default', dueInMs: 0 }
      const state = stateOf('Scheduled', t0 + 5)
      expect(await store.requeueRun({ ...retry, id: run.id, expectedEpoch: run.epoch, state })).toBeUndefined()
      await expectCode(
        store.requeueRun({ ...retry, pool: 'nope', id: run.id, expectedEpoch: run.epoch, state }),
        'POOL_NOT_FOUND',
      )
    })

    test('a script takes a queued run out of the queue', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const [id] = await enqueue(store, queued())
      const owner = { host: 'mill', bootId: 'b', pid: 1, pidStart: '1' }
      const state = stateOf('Running', t0 + 1)
      const take = (expectedEpoch: number) =>
        store.claimRun({ id: String(id), expectedEpoch, owner, state, newAttempt: false, drop: [] })
      expect(await take(9)).toBeUndefined()
      expect((await store.explainRun(String(id)))?.queued).not.toBeNull()
      expect(await take(1)).toMatchObject({ owner, epoch: 2 })
      expect(await claim(store, await register(store))).toEqual([])
    })

    test('a run that waits for a time is made due', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const [id] = await enqueue(store, queued({ dueInMs: 3_600_000 }))
      const workerId = await register(store)
      expect(await claim(store, workerId)).toEqual([])
      expect(await store.makeDue(String(id))).toEqual({ pool: 'default' })
      expect(idsOf(await claim(store, workerId))).toEqual([id])
      expect(await store.makeDue(String(id))).toBeUndefined()
    })
  })
}
