import { stateOf } from '@sluice/core'
import type { JournalEntry, RunRecord, WaitRecord } from '@sluice/store'
import { settleTurns } from '@sluice/testing'
import { describe, expect, test } from 'vitest'
import { testClock } from '../testing/test-clock.testsupport.ts'
import { newId, rootEntry, type ServicesHarness, site, until } from './harness.testsupport.ts'

const { signal } = new AbortController()
const poll = { waitMs: 20_000, signal }
const now = { waitMs: 0, signal }
const need = (slots: number) => [{ name: 'api', size: 2, slots }]

function waitEntry(run: RunRecord, seq: number, more: Partial<WaitRecord>): JournalEntry {
  const row: WaitRecord = {
    id: newId(),
    rootId: run.id,
    runId: run.id,
    parentTaskId: null,
    key: `key-${seq}`,
    kind: 'input',
    name: 'approve',
    deadline: null,
    match: null,
    status: 'open',
    targetRunId: null,
    event: null,
    outcome: null,
    checkpoint: true,
    createdAt: run.createdAt,
    endedAt: null,
    seq,
    answer: null,
    ...more,
  }
  return { kind: 'wait', row }
}

export function engineSuite(harness: ServicesHarness): void {
  describe('engines', () => {
    test('wait for the slots of a limit and have them as soon as they are free', async () => {
      await using here = await site(harness)
      const server = await here.open({ clock: testClock() })
      const worker = await server.worker()
      const [one, two] = [await server.claimed(worker), await server.claimed(worker)].map(({ run }) => ({
        rootId: run.id,
        epoch: run.epoch,
        key: 'task',
      }))
      if (!one || !two) throw new Error('nothing was claimed')
      const { engine } = server.services
      expect(await engine.acquireSlots({ holder: one, needs: need(2) }, now)).toMatchObject({ granted: true })
      expect(await engine.acquireSlots({ holder: two, needs: need(1) }, now)).toEqual({
        granted: false,
        waitingOn: 'api',
        heldBy: [one.rootId],
      })
      const waiting = engine.acquireSlots({ holder: two, needs: need(1) }, poll)
      await settleTurns()
      await engine.releaseSlots([one])
      expect(await waiting).toEqual({ granted: true, waitingOn: null, heldBy: [] })
    })

    test('that end free their slots for those who wait', async () => {
      await using here = await site(harness)
      const server = await here.open({ clock: testClock() })
      const worker = await server.worker()
      const [one, two] = [await server.claimed(worker), await server.claimed(worker)]
      const hold = ({ run }: typeof one, slots: number) => ({
        holder: { rootId: run.id, epoch: run.epoch, key: 'task' },
        needs: need(slots),
      })
      await server.services.engine.acquireSlots(hold(one, 2), now)
      const waiting = server.services.engine.acquireSlots(hold(two, 2), poll)
      await settleTurns()
      await server.append(one.run, rootEntry(one.run, 'Failed'))
      expect(await waiting).toMatchObject({ granted: true })
    })

    test.each(['stops', 'forgets its runs', 'loses its run'])(
      'have slots at once that another held whose worker %s',
      async (how) => {
        await using here = await site(harness)
        const server = await here.open({ clock: testClock(), settings: { unlistedAfterMs: -1 } })
        const [mine, other] = [await server.worker(), await server.worker()]
        const [one, two] = [await server.claimed(mine), await server.claimed(other)].map(({ run }) => ({
          holder: { rootId: run.id, epoch: run.epoch, key: 'task' },
          needs: need(2),
        }))
        if (!one || !two) throw new Error('nothing was claimed')
        const { engine, workers } = server.services
        await engine.acquireSlots(one, now)
        const waiting = engine.acquireSlots(two, poll)
        await settleTurns()
        const lost = { run: one.holder.rootId, epoch: one.holder.epoch, reason: 'crashed', message: '' } as const
        if (how === 'stops') await workers.stop(mine)
        else if (how === 'forgets its runs') await workers.heartbeat(mine, { runs: [], draining: false })
        else await workers.reportExit(mine, { ...lost, lastLines: [] })
        expect(await waiting).toMatchObject({ granted: true })
      },
    )

    test('of an older epoch are fenced', async () => {
      await using here = await site(harness)
      const server = await here.open({ clock: testClock() })
      const worker = await server.worker()
      const { run } = await server.claimed(worker)
      const report = { run: run.id, epoch: run.epoch, reason: 'drained', message: '', lastLines: [] } as const
      await server.services.workers.reportExit(worker, { ...report, lastLines: [] })
      await expect(server.append(run, rootEntry(run, 'Completed'))).rejects.toMatchObject({ code: 'RUN_FENCED' })
      const holder = { rootId: run.id, epoch: run.epoch, key: 'task' }
      await expect(server.services.engine.acquireSlots({ holder, needs: need(1) }, now)).rejects.toMatchObject({
        code: 'RUN_FENCED',
      })
      const started = { id: newId(), flow: 'etl', entrypoint: null, parameters: { text: '[1]' }, tags: [] }
      await expect(
        server.services.engine.startRun({ rootId: run.id, epoch: run.epoch }, started),
      ).rejects.toMatchObject({
        code: 'RUN_FENCED',
      })
    })

    test('start a run once, however often they ask, and learn how it ended', async () => {
      await using here = await site(harness)
      const server = await here.open({ clock: testClock() })
      const worker = await server.worker()
      const { run } = await server.claimed(worker)
      const owner = { rootId: run.id, epoch: run.epoch }
      const started = {
        id: newId(),
        flow: 'child',
        entrypoint: 'child.ts:child',
        parameters: { text: '[1]' },
        tags: [],
      }
      const { engine } = server.services
      expect(await engine.startRun(owner, started)).toEqual({ id: started.id, created: true })
      expect(await engine.startRun(owner, started)).toEqual({ id: started.id, created: false })
      expect(await engine.startedOutcome(run.id, started.id)).toBeNull()
      await expect(engine.startedOutcome(newId(), started.id)).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' })
      const [child] = await server.claim(worker)
      if (!child) throw new Error('nothing was claimed')
      expect(child.run).toMatchObject({ id: started.id, origin: { startedBy: run.id } })
      await server.append(child.run, rootEntry(child.run, 'Completed'))
      expect(await engine.startedOutcome(run.id, started.id)).toMatchObject({ state: { name: 'Completed' } })
    })

    test('hear of the answer to what they asked; the first one wins', async () => {
      await using here = await site(harness)
      const server = await here.open({ clock: testClock() })
      const { run } = await server.claimed(await server.worker())
      const match = JSON.stringify({
        schema: { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] },
      })
      const entry = waitEntry(run, 1, { match })
      await server.append(run, entry)
      const waitId = entry.kind === 'wait' ? entry.row.id : ''
      const { runs, engine } = server.services
      const { seen } = await engine.readControl(run.id, undefined, now)
      expect((await runs.why(run.id)).answers[0]).toMatchObject({ code: 'WAITS_INPUT' })
      await expect(runs.answerWait(waitId, { ok: 'maybe' }, 'ada')).rejects.toMatchObject({
        code: 'ANSWER_INVALID',
        details: { issues: [{ path: ['value', 'ok'] }] },
      })
      const news = engine.readControl(run.id, seen, poll)
      await runs.answerWait(waitId, { ok: true }, 'ada')
      const [answer] = (await news).answers
      expect(answer?.waitId).toBe(waitId)
      expect(await server.home.values.decode({ text: answer?.answer ?? '' })).toEqual({ ok: true })
      await expect(runs.answerWait(waitId, { ok: false }, 'eve')).rejects.toMatchObject({ code: 'WAIT_CLOSED' })
    })

    test('that have timed out a wait leave no answer to be given', async () => {
      await using here = await site(harness)
      const server = await here.open({ clock: testClock() })
      const { run } = await server.claimed(await server.worker())
      const entry = waitEntry(run, 1, { deadline: 1 })
      await server.append(run, entry)
      const waitId = entry.kind === 'wait' ? entry.row.id : ''
      expect(await server.store.timeOutWait({ rootId: run.id, epoch: run.epoch, waitId })).toBeNull()
      await expect(server.services.runs.answerWait(waitId, true, 'ada')).rejects.toMatchObject({
        code: 'WAIT_CLOSED',
        message: expect.stringContaining('its time was up'),
      })
    })

    test('hear of the end of a run and of the event that they wait for', async () => {
      await using here = await site(harness)
      const server = await here.open()
      const worker = await server.worker()
      const [{ run }, other] = [await server.claimed(worker), await server.claimed(worker)]
      const onRun = waitEntry(run, 1, { kind: 'run', name: other.run.id, targetRunId: other.run.id })
      const onEvent = waitEntry(run, 2, { kind: 'event', name: 'paid', event: { name: 'order.paid', key: 'o-1' } })
      await server.append(run, onRun, onEvent)
      await server.services.events.emit({ name: 'order.paid', key: 'o-2' }, 'tester')
      await server.services.events.emit({ name: 'order.paid', key: 'o-1', payload: { sum: 7 } }, 'tester')
      await server.append(other.run, rootEntry(other.run, 'Completed'))
      const answers = await until('both are answered', async () => {
        const control = await server.services.engine.readControl(run.id, undefined, now)
        return control.answers.length === 2 && control.answers.map(({ answer }) => JSON.parse(answer) as object)
      })
      expect(answers).toContainEqual(expect.objectContaining({ state: 'completed', runId: other.run.id }))
      expect(answers).toContainEqual(expect.objectContaining({ name: 'order.paid', key: 'o-1' }))
    })

    test('that gave up their process while they wait are started again by the answer', async () => {
      await using here = await site(harness)
      const server = await here.open({ clock: testClock() })
      const worker = await server.worker()
      const { run } = await server.claimed(worker)
      const entry = waitEntry(run, 1, {})
      await server.append(run, entry)
      const suspended = stateOf('Suspended', run.createdAt, { waitingFor: { kind: 'input', key: 'approve' } })
      await server.append(run, { kind: 'root', state: suspended, timeline: run.timeline })
      expect(await server.claim(worker)).toEqual([])
      const { answers } = await server.services.runs.why(run.id)
      expect(answers.map(({ code }) => code)).toContain('WAITS_INPUT')
      const waiting = server.claim(worker, { waitMs: 20_000 })
      await settleTurns()
      await server.services.runs.resume(run.id, 'ada')
      expect(await waiting).toMatchObject([{ run: { id: run.id, epoch: run.epoch + 1 } }])
    })

    test('hear at once that one of their calls is to end', async () => {
      await using here = await site(harness)
      const server = await here.open({ clock: testClock() })
      const { run } = await server.claimed(await server.worker())
      const { seen } = await server.services.engine.readControl(run.id, undefined, now)
      const news = server.services.engine.readControl(run.id, seen, poll)
      await settleTurns()
      const child = newId()
      await server.store.requestTaskCancel(run.id, child)
      server.store.signals.send([`run:${run.id}`])
      expect((await news).cancelTasks).toEqual([child])
    })
  })
}
