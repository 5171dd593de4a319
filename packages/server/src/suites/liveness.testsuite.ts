import type { ExitReport } from '@sluice/api'
import { settleTurns } from '@sluice/testing'
import { describe, expect, test } from 'vitest'
import { testClock, type TestClock } from '../testing/test-clock.testsupport.ts'
import { rootEntry, type ServicesHarness, site, type TestServer, until } from './harness.testsupport.ts'

const leaseMs = 15_000

export function livenessSuite(harness: ServicesHarness): void {
  /** A run that a worker holds whose lease passed long ago. */
  async function abandoned(server: TestServer): Promise<string> {
    const worker = await server.worker()
    const { run } = await server.claimed(worker)
    await silence(server, worker)
    return run.id
  }

  async function silence({ store }: TestServer, worker: string): Promise<void> {
    const runs = (await store.expiredWorkers(100)).length
    expect(runs).toBe(0)
    await store.heartbeat({ workerId: worker, leaseMs: -1_000, unlistedAfterMs: 60_000, draining: false, runs: [] })
  }

  /** Lets the loops do what they would, time standing still but for this. */
  async function pass(clock: TestClock, ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 1_000) {
      await clock.advance(Math.min(1_000, ms - passed))
      // The store answers in real time.
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    await settleTurns()
  }

  const resumed = (server: TestServer, clock: TestClock, id: string): Promise<unknown> =>
    until('it is in its queue again', async () => {
      await clock.advance(1_000)
      return (await stateName(server, id)) === 'Resuming'
    })

  const stateName = async ({ store }: TestServer, id: string): Promise<string | undefined> =>
    (await store.getRun(id))?.state.name

  describe('liveness', () => {
    test('the run of a silent worker goes back to its queue, with the crash in its story, and runs elsewhere', async () => {
      await using here = await site(harness)
      const clock = testClock()
      const server = await here.open({ clock })
      const id = await abandoned(server)
      const other = await server.worker()
      const waiting = server.claim(other, { waitMs: 60_000 })
      await pass(clock, leaseMs + 2_000)
      const [taken] = await waiting
      expect(taken?.run).toMatchObject({ id, crashCount: 1, state: { name: 'Pending' } })
      const steps = taken?.run.timeline.map(([name]) => name)
      expect(steps).toEqual(['Scheduled', 'Pending', 'Crashed', 'Resuming', 'Pending'])
    })

    test('a server that has just started expires nothing for one lease', async () => {
      await using here = await site(harness)
      const clock = testClock()
      const server = await here.open({ clock })
      const id = await abandoned(server)
      await pass(clock, leaseMs - 1_000)
      expect(await stateName(server, id)).toBe('Pending')
      await resumed(server, clock, id)
    })

    test('a server that stood still expires nothing for one lease after it woke', async () => {
      await using here = await site(harness)
      const clock = testClock()
      const server = await here.open({ clock })
      await pass(clock, leaseMs + 2_000)
      const id = await abandoned(server)
      clock.freeze(leaseMs * 2)
      await pass(clock, leaseMs - 1_000)
      expect(await stateName(server, id)).toBe('Pending')
      await resumed(server, clock, id)
    })

    test('a server that could not reach its store expires nothing for one lease after it could again', async () => {
      await using here = await site(harness)
      const clock = testClock()
      const server = await here.open({ clock })
      await pass(clock, leaseMs + 2_000)
      let away = true
      const markLate = server.store.markLate.bind(server.store)
      const broken: typeof markLate = async (query) => {
        if (away) throw new Error('connection lost')
        return markLate(query)
      }
      Object.assign(server.store, { markLate: broken })
      await pass(clock, 6_000)
      away = false
      const id = await abandoned(server)
      await pass(clock, 8_000)
      expect(await stateName(server, id)).toBe('Pending')
      await resumed(server, clock, id)
    })

    test('a late owner that returns before anybody acted goes on', async () => {
      await using here = await site(harness)
      const server = await here.open({ clock: testClock() })
      const worker = await server.worker()
      const { run } = await server.claimed(worker)
      await silence(server, worker)
      const held = [{ id: run.id, epoch: run.epoch }]
      expect(await server.services.workers.heartbeat(worker, { runs: held, draining: false })).toEqual({
        leaseMs,
        drop: [],
        cancelling: [],
      })
      expect(await server.store.expiredWorkers(10)).toEqual([])
    })

    test('a heartbeat tells which runs are not its own and which are to end', async () => {
      await using here = await site(harness)
      const server = await here.open({ clock: testClock() })
      const [one, two] = [await server.worker(), await server.worker()]
      const mine = await server.claimed(one)
      const other = await server.claimed(two)
      await server.services.runs.cancel(mine.run.id, {}, 'tester')
      const runs = [mine, other].map(({ run }) => ({ id: run.id, epoch: run.epoch }))
      expect(await server.services.workers.heartbeat(one, { runs, draining: false })).toMatchObject({
        drop: [{ id: other.run.id }],
        cancelling: [{ id: mine.run.id }],
      })
    })

    test('what a worker was given and does not list goes to another, without a crash', async () => {
      await using here = await site(harness)
      const server = await here.open({ clock: testClock(), settings: { unlistedAfterMs: -1 } })
      const [deaf, other] = [await server.worker(), await server.worker()]
      const { run } = await server.claimed(deaf)
      const waiting = server.claim(other, { waitMs: 20_000 })
      await settleTurns()
      await server.services.workers.heartbeat(deaf, { runs: [], draining: false })
      expect((await waiting)[0]?.run).toMatchObject({ id: run.id, crashCount: 0 })
    })

    test('a process that dies again and again without progress fails its run', async () => {
      await using here = await site(harness)
      const server = await here.open({ settings: { crashDelaysMs: [0, 0, 0] } })
      const worker = await server.worker()
      const run = await server.create()
      const outcomes: string[] = []
      for (let crash = 0; crash < 3; crash++) {
        const [claimed] = await server.claim(worker, { waitMs: 5_000 })
        const { epoch } = claimed?.run ?? { epoch: 0 }
        const told = {
          reason: 'crashed',
          exitCode: 1,
          message: 'oh',
          lastLines: ['last'],
        } satisfies Partial<ExitReport>
        const report = { run: run.id, epoch, ...told }
        outcomes.push((await server.services.workers.reportExit(worker, report)).outcome)
      }
      expect(outcomes).toEqual(['requeued', 'requeued', 'ended'])
      const ended = await server.store.getRun(run.id)
      expect(ended?.state).toMatchObject({ name: 'Failed', message: expect.stringContaining('exit code 1') })
      expect((await server.store.listLogs({ rootId: run.id, limit: 10 })).items.map(({ message }) => message)).toEqual([
        'last',
        'last',
        'last',
      ])
    })

    test('a drained run goes elsewhere without a crash; one that is too slow does not get another try', async () => {
      await using here = await site(harness)
      const server = await here.open({ clock: testClock() })
      const worker = await server.worker()
      const report = { message: '', lastLines: [] }
      const drained = await server.claimed(worker)
      const { id: run, epoch } = drained.run
      expect(await server.services.workers.reportExit(worker, { run, epoch, reason: 'drained', ...report })).toEqual({
        outcome: 'requeued',
      })
      expect(await server.store.getRun(run)).toMatchObject({ crashCount: 0, state: { type: 'scheduled' } })
      const [again] = await server.claim(worker)
      const timedOut = { run, epoch: again?.run.epoch ?? 0, reason: 'timedOut', ...report } as const
      expect(await server.services.workers.reportExit(worker, timedOut)).toEqual({ outcome: 'ended' })
      expect(await stateName(server, run)).toBe('Failed')
      expect(await server.services.workers.reportExit(worker, timedOut)).toEqual({ outcome: 'gone' })
    })

    test('a run that no worker could start fails at once with what is wrong, and its story has no crash', async () => {
      await using here = await site(harness)
      const server = await here.open({ clock: testClock() })
      const worker = await server.worker()
      const { id: run, epoch } = (await server.claimed(worker)).run
      const message = "FILE_NOT_FOUND: no 'etl.ts'."
      const told = { reason: 'launchFailed', message, lastLines: [] } satisfies Partial<ExitReport>
      expect(await server.services.workers.reportExit(worker, { run, epoch, ...told })).toEqual({ outcome: 'ended' })
      const ended = await server.store.getRun(run)
      expect(ended).toMatchObject({ error: { code: 'LAUNCH_FAILED' }, state: { name: 'Failed' } })
      expect(ended?.error).not.toHaveProperty('stack')
      expect(ended?.timeline.map(([name]) => name)).toEqual(['Scheduled', 'Pending', 'Failed'])
      expect((await server.services.runs.why(run)).answers).toMatchObject([
        { code: 'LAUNCH_FAILED', message: "It could not be started: FILE_NOT_FOUND: no 'etl.ts'" },
      ])
    })

    test('a run that could not be started here is offered elsewhere, a few times', async () => {
      await using here = await site(harness)
      const server = await here.open({ settings: { crashDelaysMs: [0, 0, 0], maxCrashes: 2 } })
      const worker = await server.worker()
      const { id } = await server.create()
      const told = { reason: 'notHere', message: 'VERSION_NOT_HERE: v2', lastLines: [] } satisfies Partial<ExitReport>
      const outcomes: string[] = []
      for (let attempt = 0; attempt < 2; attempt++) {
        const [claimed] = await server.claim(worker, { waitMs: 5_000 })
        const report = { run: id, epoch: claimed?.run.epoch ?? 0, ...told }
        outcomes.push((await server.services.workers.reportExit(worker, report)).outcome)
      }
      expect(outcomes).toEqual(['requeued', 'ended'])
      const ended = await server.store.getRun(id)
      expect(ended).toMatchObject({
        error: { code: 'LAUNCH_FAILED' },
        state: { message: expect.stringContaining('v2') },
      })
      expect(ended?.timeline.map(([name]) => name)).not.toContain('Crashed')
    })

    test('a worker that stops gives back what it holds', async () => {
      await using here = await site(harness)
      const server = await here.open({ clock: testClock() })
      const [one, two] = [await server.worker(), await server.worker()]
      const { run } = await server.claimed(one)
      const waiting = server.claim(two, { waitMs: 20_000 })
      await settleTurns()
      await server.services.workers.stop(one)
      expect((await waiting)[0]?.run).toMatchObject({ id: run.id, crashCount: 0 })
      await expect(server.claim(one)).rejects.toMatchObject({ code: 'WORKER_NOT_FOUND' })
    })

    test('a worker that speaks another protocol is refused with both versions', async () => {
      await using here = await site(harness)
      const server = await here.open({ clock: testClock() })
      const facts = {
        name: 'w',
        pool: 'default',
        host: 'box',
        pid: 7,
        version: '9',
        mode: 'process',
        capacity: 1,
      } as const
      const id = '0199aaaa-0000-7000-8000-0000000000ff'
      await expect(server.services.workers.register(id, { ...facts, protocol: 99 })).rejects.toMatchObject({
        code: 'PROTOCOL_UNSUPPORTED',
        details: { found: 99, known: 1 },
      })
    })

    test('a run that nobody takes is called Late', async () => {
      await using here = await site(harness)
      const server = await here.open({ settings: { lateAfterMs: -1 } })
      const run = await server.create()
      await until('it is Late', async () => (await stateName(server, run.id)) === 'Late')
      const { answers } = await server.services.runs.why(run.id)
      expect(answers[0]).toMatchObject({ code: 'NO_WORKER' })
    })

    test('a run that ended under a worker is not expired with it', async () => {
      await using here = await site(harness)
      const clock = testClock()
      const server = await here.open({ clock })
      const worker = await server.worker()
      const { run } = await server.claimed(worker)
      await server.append(run, rootEntry(run, 'Completed'))
      await silence(server, worker)
      await pass(clock, leaseMs + 2_000)
      expect(await stateName(server, run.id)).toBe('Completed')
    })
  })
}
