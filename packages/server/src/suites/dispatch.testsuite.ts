import { settleTurns } from '@sluice/testing'
import { describe, expect, test } from 'vitest'
import { testClock } from '../testing/test-clock.testsupport.ts'
import { rootEntry, type ServicesHarness, site } from './harness.testsupport.ts'

export function dispatchSuite(harness: ServicesHarness): void {
  describe('dispatch', () => {
    test('a run that is made reaches a waiting worker without any timer', async () => {
      await using here = await site(harness)
      const server = await here.open({ clock: testClock() })
      const worker = await server.worker()
      const waiting = server.claim(worker, { waitMs: 20_000 })
      const run = await server.create({ parameters: { a: 1 } })
      const [claimed] = await waiting
      expect(claimed).toMatchObject({
        run: { id: run.id, state: { name: 'Pending' } },
        entrypoint: 'flows.ts:etl',
        deployment: null,
        jobVariables: {},
      })
      expect(claimed?.token).toBe(`${run.id}.${claimed?.run.epoch}`)
    })

    test('a claim whose answer was lost comes again with the same request, and never with another', async () => {
      await using here = await site(harness)
      const server = await here.open({ clock: testClock() })
      const worker = await server.worker()
      await server.create()
      const requestId = '0199aaaa-0000-7000-8000-00000000000a'
      const [first] = await server.claim(worker, { requestId })
      const [again] = await server.claim(worker, { requestId })
      expect(again).toMatchObject({ run: { id: first?.run.id, epoch: first?.run.epoch }, token: first?.token })
      expect(await server.claim(worker)).toEqual([])
    })

    test('a claim whose connection is gone takes nothing', async () => {
      await using here = await site(harness)
      const server = await here.open({ clock: testClock() })
      const worker = await server.worker()
      const gone = new AbortController()
      const lost = server.claim(worker, { waitMs: 20_000, signal: gone.signal })
      await settleTurns()
      gone.abort()
      expect(await lost).toEqual([])
      const run = await server.create()
      expect(await server.claim(worker)).toMatchObject([{ run: { id: run.id } }])
    })

    test('every run goes to one worker, however many wait', async () => {
      await using here = await site(harness)
      const server = await here.open({ clock: testClock() })
      const workers = await Promise.all(Array.from({ length: 8 }, () => server.worker()))
      const waiting = workers.map((worker) => server.claim(worker, { waitMs: 20_000, max: 2 }))
      await settleTurns()
      const requests = Array.from({ length: 16 }, () => ({ entrypoint: 'flows.ts:etl' }))
      const made = await server.services.runs.createMany(requests, 'tester')
      const given = (await Promise.all(waiting)).flat().map(({ run }) => run.id)
      expect(new Set(given)).toEqual(new Set(made.map(({ id }) => id)))
      expect(given).toHaveLength(16)
    })

    test('the place that an ended run frees in a full pool goes to who waits', async () => {
      await using here = await site(harness)
      const server = await here.open({ clock: testClock() })
      await server.services.pools.put('small', { concurrency: 1 })
      const worker = await server.worker({ pool: 'small' })
      const first = await server.claimed(worker, { pool: 'small' })
      const second = await server.create({ pool: 'small' })
      const waiting = server.claim(worker, { waitMs: 20_000 })
      await settleTurns()
      expect(await server.services.runs.why(second.id)).toMatchObject({ answers: [{ code: 'LIMIT_FULL' }] })
      await server.append(first.run, rootEntry(first.run, 'Completed'))
      expect(await waiting).toMatchObject([{ run: { id: second.id } }])
    })

    test('a paused pool gives nothing until it is resumed', async () => {
      await using here = await site(harness)
      const server = await here.open({ clock: testClock() })
      await server.services.pools.put('p', {})
      const worker = await server.worker({ pool: 'p' })
      await server.services.pools.setPaused('p', true)
      const run = await server.create({ pool: 'p' })
      const waiting = server.claim(worker, { waitMs: 20_000 })
      await settleTurns()
      expect((await server.services.runs.why(run.id)).answers[0]).toMatchObject({ code: 'POOL_PAUSED' })
      await server.services.pools.setPaused('p', false)
      expect(await waiting).toMatchObject([{ run: { id: run.id } }])
    })

    test('a run that is due later reaches a waiting worker when its time has come', async () => {
      await using here = await site(harness)
      const server = await here.open()
      const worker = await server.worker()
      const waiting = server.claim(worker, { waitMs: 20_000 })
      const dueAt = Date.now() + 300
      const run = await server.create({ at: new Date(dueAt).toISOString() })
      expect(run.state.waitingFor).toMatchObject({ kind: 'time' })
      expect(await waiting).toMatchObject([{ run: { id: run.id } }])
      const late = Date.now() - dueAt
      expect(late).toBeGreaterThanOrEqual(-5)
      expect(late).toBeLessThan(800)
    })

    test('a server that stops answers those who wait at once', async () => {
      await using here = await site(harness)
      const server = await here.open({ clock: testClock() })
      const worker = await server.worker()
      const run = await server.claimed(worker)
      const { seen } = await server.services.engine.readControl(run.run.id, undefined, {
        waitMs: 0,
        signal: new AbortController().signal,
      })
      const poll = { waitMs: 20_000, signal: new AbortController().signal }
      const claim = server.claim(worker, { waitMs: 20_000 })
      const control = server.services.engine.readControl(run.run.id, seen, poll)
      await settleTurns()
      await server.services.stop()
      expect(await claim).toEqual([])
      expect(await control).toMatchObject({ seen, state: { type: 'pending' } })
    })

    test.runIf(harness.shared)('a run that one server makes reaches a worker that waits at another', async () => {
      await using here = await site(harness)
      const [one, two] = [await here.open({ clock: testClock() }), await here.open({ clock: testClock() })]
      const worker = await one.worker()
      const waiting = two.claim(worker, { waitMs: 20_000 })
      await settleTurns()
      const run = await one.create()
      expect(await waiting).toMatchObject([{ run: { id: run.id } }])
    })
  })
}
