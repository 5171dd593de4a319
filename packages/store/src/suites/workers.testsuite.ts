import { describe, expect, test } from 'vitest'
import { stateOf } from '@sluice/core'
import { reclaimRuns } from '../queries/dispatch/reclaim-runs.ts'
import {
  claim,
  enqueue,
  idsOf,
  lease,
  newWorker,
  queued,
  reclaiming,
  register,
  rootState,
  running,
} from './dispatch-records.testsuite.ts'
import { append, expectCode, type StoreHarness } from './harness.testsuite.ts'
import { batch, child, newId, t0, task } from './records.testsuite.ts'

const beatOf = (workerId: string) => ({ workerId, leaseMs: lease, unlistedAfterMs: lease, draining: false, runs: [] })

/** Workers, their leases, and what becomes of runs whose worker is gone. */
export function workerSuite(harness: StoreHarness): void {
  describe('workers', () => {
    test('a worker brings its pool and queues with it, and may register again', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const worker = newWorker({ pool: 'gpu', queues: ['big', 'small'] })
      await store.registerWorker(worker, lease)
      await store.registerWorker(worker, lease)
      expect((await store.listQueues('gpu')).map(({ name }) => name)).toEqual(['big', 'small'])
      const [listed] = await store.listWorkers({ pool: 'gpu' })
      expect(listed).toMatchObject({ ...worker, status: 'online', stoppedAt: null, runs: 0 })
      await store.stopWorker(worker.id)
      await expectCode(store.registerWorker(worker, lease), 'WORKER_NOT_FOUND')
    })

    test('a heartbeat tells what is to be dropped, what is to be cancelled, and takes back what never arrived', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const [a, b, c] = await enqueue(store, queued(), queued(), queued())
      const workerId = await register(store)
      const runs = (await claim(store, workerId)).map(({ id, epoch }) => ({ id, epoch }))
      const beat = { ...beatOf(workerId), runs }
      expect(await store.heartbeat(beat)).toEqual({ drop: [], cancelling: [], unlisted: [] })
      await store.requestCancel(String(b), stateOf('Cancelling', t0 + 1))
      await store.appendJournal(batch(String(a), 1, [rootState('Completed')], 2))
      const stranger = { id: newId(), epoch: 4 }
      const late = { id: String(c), epoch: 1 }
      const told = await store.heartbeat({ ...beat, runs: [...runs.slice(0, 2), stranger, late] })
      expect(told).toEqual({ drop: [runs[0], stranger, late], cancelling: [b], unlisted: [] })
      const taken = await store.heartbeat({ ...beat, runs: runs.slice(0, 2), unlistedAfterMs: -1000 })
      expect(taken.unlisted).toEqual([{ id: c, epoch: 2, outcome: 'requeued', pool: 'default' }])
      expect(await store.getRun(String(c))).toMatchObject({ epoch: 3, crashCount: 0, state: { name: 'Resuming' } })
    })

    test('a worker whose lease passed and who returns first goes on with what it has', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      await enqueue(store, queued())
      const workerId = await register(store)
      const [run] = await claim(store, workerId)
      const held = [{ id: String(run?.id), epoch: 2 }]
      await store.heartbeat({ ...beatOf(workerId), leaseMs: -1, runs: held })
      expect(await store.expiredWorkers(10)).toEqual([{ workerId, runs: held }])
      expect(await store.heartbeat({ ...beatOf(workerId), runs: held })).toEqual({
        drop: [],
        cancelling: [],
        unlisted: [],
      })
      expect(await store.expiredWorkers(10)).toEqual([])
      expect(await store.reclaimRuns(reclaiming(workerId, held, { onlyExpired: true }))).toEqual([])
      expect(await store.stopWorker(workerId, { onlyExpired: true })).toEqual([])
      expect((await store.getRun(String(run?.id)))?.epoch).toBe(2)
    })

    test('an expired worker leaves the list once it is stopped, and cannot come back', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const workerId = await register(store, {}, -1)
      expect(await store.expiredWorkers(10)).toEqual([{ workerId, runs: [] }])
      await store.stopWorker(workerId, { onlyExpired: true })
      expect(await store.expiredWorkers(10)).toEqual([])
      await expectCode(store.heartbeat(beatOf(workerId)), 'WORKER_NOT_FOUND')
      await expectCode(store.heartbeat(beatOf('nobody')), 'WORKER_NOT_FOUND')
      expect(await store.stopWorker(newId())).toEqual([])
    })

    test('a worker that stops gives back what it has, without a crash', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const { workerId, run } = await running(store)
      const open = child(run, 1, { state: stateOf('Running', t0), endedAt: null })
      await store.appendJournal(batch(run.id, 1, [rootState('Running'), open], 2))
      expect(await store.stopWorker(workerId)).toEqual([{ id: run.id, epoch: 2, outcome: 'requeued', pool: 'default' }])
      const back = await store.getRun(run.id)
      expect(back).toMatchObject({
        epoch: 3,
        crashCount: 0,
        endedAt: null,
        state: { type: 'scheduled', name: 'Resuming' },
      })
      expect((await store.getRun(open.row.id))?.state.type).toBe('running')
      expect(await claim(store, await register(store))).toMatchObject([{ id: run.id, epoch: 4, attempt: 1 }])
    })

    test('a crash is told in the story of the run, ends its child runs, and fences who had it', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const { workerId, run } = await running(store)
      const open = child(run, 2, { state: stateOf('Running', t0), endedAt: null })
      await store.appendJournal(batch(run.id, 1, [rootState('Running'), open], 2))
      const reclaimed = await store.reclaimRuns(reclaiming(workerId, [run], { message: 'signal 9' }))
      expect(reclaimed).toEqual([{ id: run.id, epoch: 2, outcome: 'requeued', pool: 'default' }])
      const back = await store.getRun(run.id)
      expect(back).toMatchObject({ epoch: 3, crashCount: 1, endedAt: null, state: { name: 'Resuming' } })
      expect(back?.state.waitingFor).toEqual({ kind: 'worker', pool: 'default' })
      expect(back?.timeline.slice(-2).map(([name, , message]) => [name, message])).toEqual([
        ['Crashed', 'signal 9'],
        ['Resuming', 'signal 9'],
      ])
      expect(await store.getRun(open.row.id)).toMatchObject({ checkpoint: false, state: { type: 'crashed' } })
      await expectCode(store.appendJournal(batch(run.id, 3, [task(run.id, 3)], 2)), 'RUN_FENCED')
      expect(await store.reclaimRuns(reclaiming(workerId, [run]))).toEqual([])
    })

    test('a reclaimed run waits as long as it is told to', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const { workerId, run } = await running(store)
      await store.reclaimRuns(reclaiming(workerId, [run], { delayMs: 60_000 }))
      expect(await claim(store, await register(store))).toEqual([])
      expect((await store.explainRun(run.id))?.queued?.dueInMicros).toBeGreaterThan(50_000_000)
    })

    test('a run fails when it crashed too often without progress, and progress begins the count anew', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const [id] = await enqueue(store, queued())
      const workerId = await register(store)
      const outcomes: unknown[] = []
      for (let epoch = 2; epoch <= 10; epoch += 2) {
        const runs = await claim(store, workerId)
        if (epoch === 6) await store.appendJournal(batch(String(id), 1, [task(String(id), 1)], epoch))
        const [reclaimed] = await store.reclaimRuns(reclaiming(workerId, runs, { message: 'out of memory' }))
        outcomes.push(reclaimed?.outcome)
      }
      expect(outcomes).toEqual(['requeued', 'requeued', 'requeued', 'requeued', 'failed'])
      const run = await store.getRun(String(id))
      expect(run).toMatchObject({ crashCount: 3, state: { type: 'failed' } })
      expect(run?.state.message).toBe('crashed 3 times without progress: out of memory')
      expect(run?.endedAt).not.toBeNull()
      expect(await claim(store, workerId)).toEqual([])
    })

    test('a run that cannot be started fails with its error after so many tries, and no crash is told', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const [id] = await enqueue(store, queued())
      const workerId = await register(store)
      const refused = { name: 'Error', message: 'no such file', code: 'LAUNCH_FAILED' }
      const rules = { crashed: false, refused, maxCrashes: 2, message: 'not started' }
      for (const outcome of ['requeued', 'failed']) {
        const runs = await claim(store, workerId)
        expect(await store.reclaimRuns(reclaiming(workerId, runs, rules))).toMatchObject([{ outcome }])
      }
      const run = await store.getRun(String(id))
      expect(run).toMatchObject({ error: refused, state: { name: 'Failed', message: 'not started' } })
      expect(run?.timeline.map(([name]) => name)).not.toContain('Crashed')
    })

    test('a run whose end was asked for ends when its worker is gone', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const { workerId, run } = await running(store)
      await store.requestCancel(run.id, stateOf('Cancelling', t0 + 1))
      const [reclaimed] = await store.reclaimRuns(reclaiming(workerId, [run]))
      expect(reclaimed?.outcome).toBe('cancelled')
      expect(await store.getRun(run.id)).toMatchObject({ state: { type: 'cancelled' }, epoch: 3, crashCount: 1 })
    })

    test('only who has a run loses it', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const { workerId, run } = await running(store)
      const other = await register(store)
      const late = { id: run.id, epoch: 1 }
      expect(await store.reclaimRuns(reclaiming(other, [run]))).toEqual([])
      expect(await store.reclaimRuns(reclaiming(workerId, [late, { id: 'nonsense', epoch: 1 }]))).toEqual([])
      expect(await store.reclaimRuns(reclaiming(workerId, [run], { onlyExpired: true }))).toEqual([])
      expect((await store.getRun(run.id))?.epoch).toBe(2)
    })

    test('of a reclaim and an end that meet, the first one counts', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const first = await running(store)
      const ending = await database.holdAppend(batch(first.run.id, 1, [rootState('Completed')], 2))
      const reclaiming1 = store.reclaimRuns(reclaiming(first.workerId, [first.run]))
      await ending.blocking()
      await ending.commit()
      expect(await reclaiming1).toEqual([])
      const second = await running(store)
      const taking = await database.holdSteps(() => reclaimRuns(reclaiming(second.workerId, [second.run])))
      const refused = expectCode(
        append(database, store, batch(second.run.id, 1, [rootState('Completed')], 2)),
        'RUN_FENCED',
      )
      await taking.blocking()
      await taking.commit()
      await refused
      expect(idsOf(await claim(store, second.workerId))).toEqual([second.run.id])
    })

    test('two who reclaim the same runs do it once', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      await enqueue(store, queued(), queued(), queued())
      const workerId = await register(store)
      const runs = await claim(store, workerId)
      const held = await database.holdSteps(() => reclaimRuns(reclaiming(workerId, runs)))
      const again = store.reclaimRuns(reclaiming(workerId, runs.toReversed()))
      await held.blocking()
      await held.commit()
      expect(await again).toEqual([])
      expect(await claim(store, workerId)).toHaveLength(3)
    })

    test('task runs that are to be cancelled are told to the owner, and forgotten by a retry', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const { workerId, run } = await running(store)
      const taskId = newId()
      await store.requestTaskCancel(run.id, taskId)
      await store.requestTaskCancel(run.id, taskId)
      await store.requestTaskCancel(newId(), taskId)
      expect((await store.readControl(run.id))?.cancelTasks).toEqual([taskId])
      await store.reclaimRuns(reclaiming(workerId, [run]))
      const [again] = await claim(store, workerId)
      expect((await store.readControl(run.id))?.cancelTasks).toEqual([taskId])
      await store.appendJournal(batch(run.id, 1, [rootState('Failed')], Number(again?.epoch)))
      const place = { pool: 'default', queue: 'default', dueInMs: 0, newAttempt: true, drop: [] }
      await store.requeueRun({
        ...place,
        id: run.id,
        expectedEpoch: Number(again?.epoch),
        state: stateOf('Scheduled', t0),
      })
      expect((await store.readControl(run.id))?.cancelTasks).toEqual([])
    })
  })
}
