import { describe, expect, test } from 'vitest'
import { stateOf } from '@sluice/core'
import { cancelQueued } from '../queries/dispatch/cancel-queued.ts'
import { claimRuns } from '../queries/dispatch/claim-runs.ts'
import { requestCancel } from '../queries/request-cancel.ts'
import type { Store } from '../store.ts'
import { claim, enqueue, idsOf, queued, register, rootState } from './dispatch-records.testsuite.ts'
import { append, expectCode, type StoreHarness } from './harness.testsuite.ts'
import { batch, newId, t0 } from './records.testsuite.ts'

/** Workers that take runs. */
export function claimSuite(harness: StoreHarness): void {
  describe('claims', () => {
    test('a worker gets what is due, in order, under a new epoch, and nobody else does', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const ids = await enqueue(
        store,
        queued({ dueInMs: -1000 }),
        queued({ dueInMs: -3000 }),
        queued({ dueInMs: 60_000 }),
      )
      const workerId = await register(store)
      const claimed = await claim(store, workerId)
      expect(idsOf(claimed)).toEqual([ids[1], ids[0]])
      expect(claimed).toEqual([await store.getRun(String(ids[1])), await store.getRun(String(ids[0]))])
      expect(claimed[0]).toMatchObject({ epoch: 2, owner: null, state: { type: 'pending', name: 'Pending' } })
      expect(claimed[0]?.timeline.map(([name]) => name)).toEqual(['Scheduled', 'Pending'])
      expect(await claim(store, await register(store))).toEqual([])
      expect((await store.explainRun(String(ids[0])))?.worker).toMatchObject({ id: workerId, host: 'mill' })
    })

    test('a priority counts as minutes, of the run and of its queue, also below zero', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      await store.putQueue({ pool: 'default', name: 'slow', concurrency: null, priority: -1000 })
      const minutes = (count: number): number => -count * 60_000
      const [slow, old, urgent, plain] = await enqueue(
        store,
        queued({ queue: 'slow', dueInMs: minutes(9) }),
        queued({ dueInMs: minutes(5) }),
        queued({ dueInMs: minutes(1), origin: { priority: 100 } }),
        queued({ dueInMs: minutes(1) }),
      )
      const workerId = await register(store)
      expect(idsOf(await claim(store, workerId))).toEqual([urgent, old, plain, slow])
    })

    test('what is urgent but not due waits', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const [, due] = await enqueue(store, queued({ dueInMs: 60_000, origin: { priority: 500 } }), queued())
      expect(idsOf(await claim(store, await register(store)))).toEqual([due])
    })

    test('the same request is answered with the same runs, as far as they are still its own', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      await enqueue(store, queued(), queued(), queued())
      const request = { workerId: await register(store), requestId: newId(), max: 2 }
      const [first, second] = await store.claimRuns(request)
      expect(idsOf(await store.claimRuns(request))).toEqual([String(first?.id), String(second?.id)].toSorted(byText))
      await store.appendJournal(batch(String(first?.id), 1, [rootState('Completed')], 2))
      expect(idsOf(await store.claimRuns(request))).toEqual([second?.id])
    })

    test('a request that is sent twice at once is answered twice with the same runs', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      await enqueue(store, queued(), queued(), queued(), queued())
      const request = { workerId: await register(store), requestId: newId(), max: 2 }
      const held = await database.holdSteps(() => claimRuns(request))
      const again = store.claimRuns(request)
      await held.blocking()
      await held.commit()
      expect(await again).toHaveLength(2)
      expect(idsOf(await again)).toEqual(idsOf(await store.claimRuns(request)))
      expect(await claim(store, request.workerId)).toHaveLength(2)
    })

    test('a worker gets runs of its pool and queues only, and none that are paused', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const gpu = await register(store, { pool: 'gpu', queues: ['big', 'small'] })
      const all = await register(store, { pool: 'gpu' })
      const places = ['big', 'small', 'default'].map((queue) => queued({ pool: 'gpu', queue }))
      const [big, small, other] = await enqueue(store, ...places, queued())
      await store.setQueuePaused('gpu', 'big', true)
      await store.setPoolPaused('gpu', true)
      expect(await claim(store, all)).toEqual([])
      await store.setPoolPaused('gpu', false)
      expect(idsOf(await claim(store, gpu))).toEqual([small])
      expect(idsOf(await claim(store, all))).toEqual([other])
      await store.setQueuePaused('gpu', 'big', false)
      expect(idsOf(await claim(store, gpu))).toEqual([big])
    })

    test('a full pool gives nothing until one of its runs ends', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      await store.putPool({ name: 'default', kind: 'process', description: null, concurrency: 2 })
      await enqueue(store, queued(), queued(), queued())
      const workerId = await register(store)
      const [first] = await claim(store, workerId)
      expect(await claim(store, workerId)).toEqual([])
      await store.appendJournal(batch(String(first?.id), 1, [rootState('Failed')], 2))
      expect(await claim(store, workerId)).toHaveLength(1)
    })

    test('a full queue is passed over, however many wait in it', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      await store.putQueue({ pool: 'default', name: 'narrow', concurrency: 1, priority: 100 })
      const narrow = await enqueue(store, ...Array.from({ length: 5 }, () => queued({ queue: 'narrow' })))
      const wide = await enqueue(store, queued(), queued())
      const workerId = await register(store)
      expect(idsOf(await claim(store, workerId, 3))).toEqual([narrow[0], ...wide])
      expect(await claim(store, workerId)).toEqual([])
      const explained = await store.explainRun(String(narrow[1]))
      expect(explained?.limits).toEqual([{ name: 'queue:default/narrow', slots: 1, held: 1, holders: [narrow[0]] }])
      await store.appendJournal(batch(String(narrow[0]), 1, [rootState('Completed')], 2))
      expect(idsOf(await claim(store, workerId))).toEqual([narrow[1]])
    })

    test('a worker that is unknown, stopped or expired registers anew', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      await enqueue(store, queued())
      const [stopped, expired] = [await register(store), await register(store, {}, 0)]
      await store.stopWorker(stopped)
      for (const workerId of [newId(), 'nobody', stopped, expired])
        await expectCode(claim(store, workerId), 'WORKER_NOT_FOUND')
    })

    test('a run that somebody claims is not cancelled beneath him', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const [id] = await enqueue(store, queued())
      const request = { workerId: await register(store), requestId: newId(), max: 1 }
      const held = await database.holdSteps(() => claimRuns(request))
      const cancelling = store.requestCancel(String(id), stateOf('Cancelling', t0 + 1))
      await held.blocking()
      await held.commit()
      expect((await cancelling)?.state.type).toBe('cancelling')
    })

    test('a run that is being cancelled is not claimed', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const [id, other] = await enqueue(store, queued({ dueInMs: -1000 }), queued())
      const workerId = await register(store)
      const held = await database.holdSteps(() => cancelQueued(String(id), stateOf('Cancelled', t0 + 1)))
      const claiming = claim(store, workerId)
      // SQLite lets nobody in; PostgreSQL passes over what is locked.
      if (harness.kind === 'sqlite') await held.blocking()
      if (harness.kind === 'postgres') expect(idsOf(await claiming)).toEqual([other])
      await held.commit()
      expect(idsOf(await claiming)).toEqual([other])
    })

    test('a suspension that meets a wish to cancel is handed out at once, still cancelling', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      await enqueue(store, queued())
      const workerId = await register(store)
      const [run] = await claim(store, workerId)
      const id = String(run?.id)
      const asking = await database.holdSteps(() => requestCancel(id, stateOf('Cancelling', t0 + 2)))
      const suspending = append(database, store, batch(id, 1, [rootState('Suspended')], 2))
      await asking.blocking()
      await asking.commit()
      expect(await suspending).toEqual({ cancelling: true })
      expect(await claim(store, workerId)).toMatchObject([{ id, epoch: 3, state: { type: 'cancelling' } }])
    })

    test('many who claim at once share the runs without doubling or losing one', { timeout: 60_000 }, async () => {
      await using database = await harness.create()
      await using store = await database.open({ connections: 8 })
      const ids = await enqueue(store, ...Array.from({ length: 400 }, () => queued()))
      const workers = await Promise.all(Array.from({ length: 8 }, () => register(store)))
      const taken = await Promise.all(workers.map((workerId) => claimAll(store, workerId)))
      expect(taken.flat().toSorted(byText)).toEqual(ids.toSorted(byText))
    })
  })
}

const byText = (a: string, b: string): number => (a < b ? -1 : 1)

/** Until nothing is left, not merely until others hold what is left. */
async function claimAll(store: Store, workerId: string): Promise<string[]> {
  const taken: string[] = []
  while ((await store.nextDue()).length > 0) taken.push(...idsOf(await claim(store, workerId, 7)))
  return taken
}
