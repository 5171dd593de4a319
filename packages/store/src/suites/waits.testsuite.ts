import { describe, expect, test } from 'vitest'
import { stateOf } from '@sluice/core'
import type { OwnedWait } from '../dispatch-store.ts'
import type { NewEvent } from '../event-store.ts'
import type { WaitRecord } from '../records.ts'
import { lockQueueEntry } from '../queries/dispatch/lock-queue-entry.ts'
import { answerWait } from '../queries/waits/answer-wait.ts'
import { retryBusy } from '../retry-busy.ts'
import type { Store } from '../store.ts'
import { claim, rootState, running } from './dispatch-records.testsuite.ts'
import { append, expectCode, type StoreHarness } from './harness.testsuite.ts'
import { batch, newId, rootRun, t0, wait } from './records.testsuite.ts'

/** Two centuries before and after these tests. */
const [longAgo, farOff] = [1_000_000, 7_000_000_000_000_000]

/** Waits, suspended runs, and what wakes them. */
export function waitSuite(harness: StoreHarness): void {
  describe('waits', () => {
    test('a suspended run leaves its worker and is due at the first deadline of its waits', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const { workerId, run } = await running(store)
      const suspended = await suspend(store, run, [{ deadline: farOff }, { deadline: longAgo, status: 'done' }])
      expect(await store.getRun(run.id)).toMatchObject({ epoch: 2, state: { type: 'paused', name: 'Suspended' } })
      expect(await claim(store, workerId)).toEqual([])
      const explained = await store.explainRun(run.id)
      expect(explained).toMatchObject({ worker: null, waits: [{ id: suspended[0]?.id, deadline: farOff }] })
      expect(explained?.queued?.dueInMicros).toBeGreaterThan(1_000_000_000_000)
      expect((await store.heartbeat(beat(workerId, run))).drop).toEqual([{ id: run.id, epoch: 2 }])
    })

    test('a run that waits for an event with a key can be explained with it', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const { run } = await running(store)
      const fields = { kind: 'event', status: 'open', deadline: null } as const
      const waits = ['42', null].map((key, i) => wait(run.id, i + 1, { ...fields, event: { name: 'order.paid', key } }))
      await store.appendJournal(batch(run.id, 1, waits, 2))
      expect((await store.explainRun(run.id))?.waits.map(({ eventKey }) => eventKey)).toEqual(['42', null])
    })

    test('a suspended run whose time has come goes on under the next epoch', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const { workerId, run } = await running(store)
      await suspend(store, run, [{ deadline: farOff }, { deadline: longAgo }])
      const [again] = await claim(store, workerId)
      expect(again).toMatchObject({ id: run.id, epoch: 3, attempt: 1, state: { name: 'Pending' } })
      expect(again?.timeline.at(-1)?.[0]).toBe('Pending')
    })

    test('a run that waits for an answer alone is never due by itself', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const { workerId, run } = await running(store)
      const [open] = await suspend(store, run, [{ kind: 'input', deadline: null }])
      expect(await store.nextDue()).toEqual([])
      expect((await store.explainRun(run.id))?.queued?.dueInMicros).toBeNull()
      const answer = { waitId: String(open?.id), answer: '[true]', by: 'ada' }
      expect(await store.answerWait(answer)).toBe('answered')
      expect(await claim(store, workerId)).toMatchObject([{ id: run.id, epoch: 3 }])
      expect((await store.loadCheckpoints(run.id)).waits[0]?.answer).toMatchObject({ text: '[true]', by: 'ada' })
    })

    test('the first answer wins, is told to the owner, and outlives what the journal writes', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const { run } = await running(store)
      const open = wait(run.id, 1, { kind: 'input', status: 'open', deadline: null, endedAt: null, outcome: null })
      await store.appendJournal(batch(run.id, 1, [open], 2))
      const waitId = open.row.id
      expect(await store.answerWait({ waitId, answer: '[1]', by: 'ada' })).toBe('answered')
      expect(await store.answerWait({ waitId, answer: '[2]', by: 'bob' })).toBe('already')
      expect(await store.answerWait({ waitId: newId(), answer: '[2]', by: 'bob' })).toBe('notFound')
      expect(await store.answerWait({ waitId: 'nonsense', answer: '[2]', by: 'bob' })).toBe('notFound')
      expect((await store.readControl(run.id))?.answers).toEqual([{ waitId, answer: '[1]' }])
      const done = { ...open.row, status: 'done', outcome: { text: '[1]' }, endedAt: t0 + 3, seq: 2 } as const
      await store.appendJournal(batch(run.id, 2, [{ kind: 'wait', row: done }], 2))
      expect((await store.readControl(run.id))?.answers).toEqual([])
      expect(await store.getWait(waitId)).toMatchObject({ ...done, answer: { text: '[1]', by: 'ada' } })
      expect(await store.answerWait({ waitId, answer: '[3]', by: 'bob' })).toBe('already')
    })

    test('an answer that was taken stands against the timeout of the owner, who is told it as often as he asks', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const { run, waitId, owned } = await asking(store)
      await store.answerWait({ waitId, answer: '[1]', by: 'ada' })
      expect(await store.timeOutWait(owned)).toBe('[1]')
      expect(await store.timeOutWait(owned)).toBe('[1]')
      expect((await store.readControl(run.id))?.answers).toEqual([{ waitId, answer: '[1]' }])
    })

    test('a timeout that was first closes the wait, now and after a crash, and is no news', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const { run, waitId, owned } = await asking(store)
      expect(await store.timeOutWait(owned)).toBeNull()
      expect(await store.timeOutWait(owned)).toBeNull()
      expect(await store.answerWait({ waitId, answer: '[1]', by: 'ada' })).toBe('already')
      expect((await store.readControl(run.id))?.answers).toEqual([])
      const { waits } = await store.loadCheckpoints(run.id)
      expect(waits).toMatchObject([{ status: 'open', answer: { text: null, by: 'timeout' } }])
    })

    test('only the owner of a run times out its waits, and no others', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const { owned } = await asking(store)
      const other = rootRun()
      await store.createRun(other)
      await expectCode(store.timeOutWait({ ...owned, epoch: owned.epoch - 1 }), 'RUN_FENCED')
      await expectCode(store.timeOutWait({ ...owned, rootId: newId() }), 'RUN_FENCED')
      await expectCode(store.timeOutWait({ ...owned, rootId: 'nonsense' }), 'RUN_FENCED')
      await expectCode(store.timeOutWait({ ...owned, rootId: other.id, epoch: 1 }), 'WAIT_NOT_FOUND')
      await expectCode(store.timeOutWait({ ...owned, waitId: newId() }), 'WAIT_NOT_FOUND')
      expect((await store.getWait(owned.waitId))?.answer).toBeNull()
    })

    test('a timeout that meets an answer under way takes it', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const { waitId, owned } = await asking(store)
      const answering = await database.holdSteps(() => answerWait({ waitId, answer: '[1]', by: 'ada' }))
      const timingOut = retryBusy(database.platform, () => store.timeOutWait(owned))
      await answering.blocking()
      await answering.commit()
      expect(await timingOut).toBe('[1]')
    })

    test('a run that was suspended beside a timeout is due', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const { workerId, run } = await running(store)
      const [open] = await suspend(store, run, [{ kind: 'input', deadline: farOff }])
      expect(await store.timeOutWait({ rootId: run.id, epoch: run.epoch, waitId: String(open?.id) })).toBeNull()
      expect(await claim(store, workerId)).toMatchObject([{ id: run.id }])
    })

    test('a wait that begins anew has no answer, unless one was given that nobody has taken', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const { run } = await running(store)
      const ends = ['answered', 'timedOut', 'untaken', 'abandoned'] as const
      const open = ends.map((key, i) => wait(run.id, i + 1, { kind: 'input', status: 'open', deadline: null, key }))
      await store.appendJournal(batch(run.id, 1, open, 2))
      const [answered, timedOut, untaken, abandoned] = open.map(({ row }) => row)
      for (const row of [answered, untaken]) await store.answerWait({ waitId: row?.id ?? '', answer: '[1]', by: 'ada' })
      for (const row of [timedOut, abandoned])
        await store.timeOutWait({ rootId: run.id, epoch: 2, waitId: row?.id ?? '' })
      const statuses = ['done', 'timedOut', 'cancelled', 'cancelled'] as const
      const over = open.map(({ row }, i) => wait(run.id, 5 + i, { ...row, status: statuses[i] ?? 'done', seq: 5 + i }))
      await store.appendJournal(batch(run.id, 5, over, 2))
      const anew = ends.map((key, i) => wait(run.id, 9 + i, { kind: 'input', status: 'open', deadline: null, key }))
      await store.appendJournal(batch(run.id, 9, anew, 2))
      const found = await Promise.all(anew.map(({ row }) => store.getWait(row.id)))
      expect(found.map((row) => row?.answer?.text)).toEqual([undefined, undefined, '[1]', undefined])
      expect(await store.answerWait({ waitId: anew[1]?.row.id ?? '', answer: '[2]', by: 'bob' })).toBe('answered')
    })

    test('a run that was cancelled meanwhile is not listed as one that waits', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const { run } = await running(store)
      const [open] = await suspend(store, run, [{ kind: 'input', deadline: null }])
      expect((await store.listWaits({ status: 'open', limit: 10 })).items).toMatchObject([{ id: open?.id }])
      await store.requestCancel(run.id, stateOf('Cancelling', t0))
      expect((await store.listWaits({ status: 'open', limit: 10 })).items).toEqual([])
    })

    test('an answer that meets a suspension is not lost', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const { workerId, run } = await running(store)
      const open = wait(run.id, 1, { kind: 'input', status: 'open', deadline: null })
      await store.appendJournal(batch(run.id, 1, [open], 2))
      const suspending = await database.holdAppend(batch(run.id, 2, [rootState('Suspended')], 2))
      const answering = store.answerWait({ waitId: open.row.id, answer: '[1]', by: 'ada' })
      await suspending.blocking()
      await suspending.commit()
      expect(await answering).toBe('answered')
      expect(await claim(store, workerId)).toMatchObject([{ id: run.id }])
    })

    test('a suspension that meets an answer sees it', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const { workerId, run } = await running(store)
      const open = wait(run.id, 1, { kind: 'input', status: 'open', deadline: null })
      await store.appendJournal(batch(run.id, 1, [open], 2))
      const answer = { waitId: open.row.id, answer: '[1]', by: 'ada' }
      const answering = await database.holdSteps(() => answerWait(answer))
      const suspending = append(database, store, batch(run.id, 2, [rootState('Suspended')], 2))
      await answering.blocking()
      await answering.commit()
      await suspending
      expect(await claim(store, workerId)).toMatchObject([{ id: run.id }])
    })

    test.runIf(harness.kind === 'postgres')('an answer does not wait for who is claiming the run', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const { workerId, run } = await running(store)
      const [open] = await suspend(store, run, [{ kind: 'input', deadline: null }, { deadline: longAgo }])
      // To wait for the place in the queue with the run locked would be to wait in a circle: claims lock them the other way round.
      const claiming = await database.holdSteps(() => lockQueueEntry(run.id))
      expect(await store.answerWait({ waitId: String(open?.id), answer: '[1]', by: 'ada' })).toBe('answered')
      await claiming.commit()
      expect(await claim(store, workerId)).toMatchObject([{ id: run.id }])
    })

    test('a run that waits for another is woken by its end', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const { workerId, run } = await running(store)
      const target = rootRun()
      await store.createRun(target)
      await suspend(store, run, [{ kind: 'run', deadline: null, targetRunId: target.id }])
      expect(await store.settleWaits(10)).toEqual([])
      await store.appendJournal(batch(target.id, 1, [rootState('Failed')]))
      expect(await store.settleWaits(10)).toEqual([run.id])
      expect(await store.settleWaits(10)).toEqual([])
      const [answer] = (await store.readControl(run.id))?.answers ?? []
      expect(JSON.parse(String(answer?.answer))).toEqual({ state: 'failed', runId: target.id })
      expect(await claim(store, workerId)).toMatchObject([{ id: run.id }])
    })

    test('a wait takes the first event of its name and key that came after it', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const { run } = await running(store)
      await store.emitEvents([event('paid', '7', '{"n":0}')])
      const waits = [
        { event: { name: 'paid', key: '7' } },
        { event: { name: 'paid', key: null } },
        { event: { name: 'sent', key: null } },
      ].map((fields, index) => wait(run.id, index + 1, { kind: 'event', status: 'open', deadline: null, ...fields }))
      await store.appendJournal(batch(run.id, 1, waits, 2))
      await database.execute(`update wait set registered_at = registered_at - 5000000; ${backdateEvents}`)
      expect(await store.settleWaits(10)).toEqual([])
      const [other, first] = [event('paid', '8', null), event('paid', '7', '{"n":1}')]
      for (const each of [other, first, event('paid', '7', '{"n":2}')]) await store.emitEvents([each])
      expect(await store.settleWaits(10)).toEqual([run.id])
      const { waits: found } = await store.loadCheckpoints(run.id)
      expect(found.map(({ answer }) => answer && [JSON.parse(answer.text ?? ''), answer.by])).toEqual([
        [{ id: first.id, name: 'paid', key: '7', payload: { n: 1 } }, `event:${first.id}`],
        [{ id: other.id, name: 'paid', key: '8', payload: null }, `event:${other.id}`],
        null,
      ])
    })

    test('as many waits are settled at once as asked for', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const target = rootRun({ state: stateOf('Completed', t0), endedAt: t0 })
      await store.createRun(target)
      const { run } = await running(store)
      const open = { kind: 'run', status: 'open', deadline: null, targetRunId: target.id } as const
      await store.appendJournal(
        batch(
          run.id,
          1,
          [1, 2, 3].map((seq) => wait(run.id, seq, open)),
          2,
        ),
      )
      await store.settleWaits(2)
      expect((await store.readControl(run.id))?.answers).toHaveLength(2)
      await store.settleWaits(2)
      expect((await store.readControl(run.id))?.answers).toHaveLength(3)
    })

    test('waits are listed from new to old, by run and by status', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const runs = [rootRun(), rootRun()]
      const made: WaitRecord[] = []
      for (const run of runs) {
        await store.createRun(run)
        const rows = [wait(run.id, 1, { status: 'open' }), wait(run.id, 2)]
        await store.appendJournal(batch(run.id, 1, rows))
        made.push(...rows.map(({ row }) => row))
      }
      const ids = made.map(({ id }) => id).toReversed()
      const page = await store.listWaits({ limit: 3 })
      expect(page.items.map(({ id }) => id)).toEqual(ids.slice(0, 3))
      expect(await store.listWaits({ limit: 3, after: String(page.next) })).toEqual({ items: [made[0]], next: null })
      expect((await store.listWaits({ limit: 9, status: 'open' })).items).toEqual([made[2], made[0]])
      expect((await store.listWaits({ limit: 9, rootId: String(runs[0]?.id) })).items).toEqual([made[1], made[0]])
      expect(await store.getWait(String(made[3]?.id))).toEqual(made[3])
      expect(await store.getWait('nonsense')).toBeUndefined()
    })
  })
}

/** What was emitted before is older than every wait. */
const backdateEvents = 'update event set recorded_at = 1'

const beat = (workerId: string, { id, epoch }: { readonly id: string; readonly epoch: number }) => ({
  workerId,
  leaseMs: 60_000,
  unlistedAfterMs: 60_000,
  draining: false,
  runs: [{ id, epoch }],
})

function event(name: string, key: string | null, payload: string | null): NewEvent {
  return { id: newId(), workspace: 'default', name, key, rootId: null, payload }
}

/** A claimed run that asks something. */
async function asking(store: Store): Promise<{
  readonly run: { readonly id: string; readonly epoch: number }
  readonly waitId: string
  readonly owned: OwnedWait
}> {
  const { run } = await running(store)
  const open = wait(run.id, 1, { kind: 'input', status: 'open', deadline: null })
  await store.appendJournal(batch(run.id, 1, [open], run.epoch))
  const waitId = open.row.id
  return { run, waitId, owned: { rootId: run.id, epoch: run.epoch, waitId } }
}

/** Registers waits and suspends the run, in one batch. */
async function suspend(
  store: Store,
  run: { readonly id: string; readonly epoch: number },
  waits: readonly Partial<WaitRecord>[],
): Promise<WaitRecord[]> {
  const rows = waits.map((fields, index) => wait(run.id, index + 1, { status: 'open', ...fields }))
  await store.appendJournal(batch(run.id, 1, [...rows, rootState('Suspended')], run.epoch))
  return rows.map(({ row }) => row)
}
