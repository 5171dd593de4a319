import { describe, expect, test } from 'vitest'
import { claimRuns } from '../queries/dispatch/claim-runs.ts'
import { markLate } from '../queries/dispatch/mark-late.ts'
import { nextDue } from '../queries/dispatch/next-due.ts'
import { reclaimRuns } from '../queries/dispatch/reclaim-runs.ts'
import { selectDue } from '../queries/dispatch/select-due.ts'
import { acquireSlots } from '../queries/limits/acquire-slots.ts'
import { releaseSlots } from '../queries/limits/release-slots.ts'
import { readControl } from '../queries/read-control.ts'
import { answerWait } from '../queries/waits/answer-wait.ts'
import { listWaits } from '../queries/waits/list-waits.ts'
import { settleWaits } from '../queries/waits/settle-waits.ts'
import { expiredWorkers } from '../queries/workers/expired-workers.ts'
import { heartbeat } from '../queries/workers/heartbeat.ts'
import type { RunRecord } from '../records.ts'
import { listOf, type Statement, type Steps } from '../statement.ts'
import type { Store } from '../store.ts'
import { enqueue, queued, reclaiming, register } from './dispatch-records.testsuite.ts'
import type { StoreHarness } from './harness.testsuite.ts'
import { batch, newId, rootRun, wait } from './records.testsuite.ts'

const [id, other] = [newId(), newId()]
const holder = { rootId: id, epoch: 1, key: 'k' }
const claim = { workerId: id, requestId: other, max: 10 }
const claimant = { pool: 'default', queues: null, now: 1 }
const beat = { workerId: id, leaseMs: 1, unlistedAfterMs: 1, draining: false, runs: [] }
const queueRow = { pool_paused: 0, pool_size: null, name: 'default', paused: 0, size: 3, given: 0 }
const needs = [{ name: 'a', size: 1, slots: 1 }]
const limit = { name: 'a', slots: 1, origin: 'code', held: 1, head: null }

/** Steps with what the statements before answer, and the index that serves the next one. */
const plans: readonly (readonly [index: RegExp, steps: () => Steps<unknown>, answers: readonly unknown[]])[] = [
  [/worker_lease_pkey|worker_lease_1/, () => claimRuns(claim), []],
  [/assignment_worker/, () => claimRuns(claim), [claimant]],
  [/assignment_pool/, () => claimRuns(claim), [claimant, queueRow, { name: 'default', concurrency: 3 }, queueRow]],
  [/run_queue_due/, () => claimRuns(claim), [claimant, { ...queueRow, size: null }]],
  [/run_queue_next/, nextDue, []],
  [/run_queue_late/, () => markLate({ afterMs: 1, limit: 9 }), []],
  [/worker_lease_expiry/, () => expiredWorkers(9), []],
  [/assignment_worker/, () => heartbeat(beat), [{ now: 1 }]],
  [/assignment_worker|assignment_pkey|assignment_1/, () => reclaimRuns(reclaiming(id, [{ id: other, epoch: 1 }])), []],
  [/limit_slot_pkey|limit_slot_1/, () => acquireSlots({ ...holder, needs }), [{ id }, {}]],
  [/limit_slot_limit/, () => acquireSlots({ ...holder, needs }), [{ id }, {}, undefined]],
  [/limit_waiter_order/, () => acquireSlots({ ...holder, needs }), [{ id }, {}, undefined]],
  [/limit_waiter_key/, () => acquireSlots({ ...holder, needs }), [{ id }, {}, undefined, limit]],
  [/limit_waiter_key/, () => releaseSlots(holder), [{}, { name: 'a' }]],
  [/limit_waiter_order/, () => releaseSlots(holder), [{}, { name: 'a' }, undefined]],
  [/wait_open_run/, () => settleWaits(9), []],
  [/wait_open/, () => settleWaits(9), [undefined]],
  [/event_match/, () => settleWaits(9), [undefined]],
  [/event_name/, () => settleWaits(9), [undefined]],
  [/wait_answered/, () => readControl(id), [{ epoch: 1, state_type: 'running', state_name: 'Running', state_at: 1 }]],
  [/wait_pkey|wait_1/, () => answerWait({ waitId: id, answer: '[]', by: 'ada' }), []],
  [/wait_open\b/, () => listWaits({ limit: 9, status: 'open' }), []],
]

/** Which index serves what workers and their servers ask all the time. */
export function dispatchPlanSuite(harness: StoreHarness): void {
  describe('plans of dispatch', () => {
    test('no claim, heartbeat, wait or limit reads a whole table', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      await fill(store)
      for (const [index, steps, answers] of plans) {
        const plan = await database.plan(statementOf(steps(), answers))
        expect(plan).toMatch(index)
        expect(plan).not.toMatch(readAll)
      }
    })

    test('the next due runs come in the order of their index, and no other could serve them', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      await enqueue(store, ...Array.from({ length: 2000 }, () => queued()))
      const plan = await database.plan(selectDue('default', listOf(['default']), 20, listOf([])))
      expect(plan).not.toMatch(/Sort|TEMP B-TREE/)
      if (harness.kind === 'postgres') {
        const [, condition] = /Index Cond: (.*)/.exec(plan.slice(plan.indexOf('run_queue_due'))) ?? []
        for (const column of ['pool', 'order_at', 'due_at', 'queue']) expect(condition).toContain(column)
      }
      // Which of two PostgreSQL takes depends on what it happens to know of the table.
      await database.execute('drop index run_queue_due')
      const without = await database.plan(selectDue('default', listOf(['default']), 20, listOf([])))
      expect(without).not.toMatch(/run_queue_(?:next|late|parked)/)
    })
  })
}

/** SQLite says `SCAN` of a whole partial index, too: that is what is asked for of those of open waits. */
const readAll =
  /Seq Scan on (?!work_)|SCAN (?!json_each|asked|lease|next|p\b|q\b|work_|CONSTANT|w USING INDEX wait_open)/

/** The statement that comes after those that are answered, each by one row or by none. */
function statementOf(steps: Steps<unknown>, answers: readonly unknown[]): Statement {
  let next = steps.next([])
  for (const answer of answers) next = steps.next(answer === undefined ? [] : [answer])
  return next.value as Statement
}

async function fill(store: Store): Promise<void> {
  await enqueue(store, ...Array.from({ length: 500 }, (_, index) => queued({ dueInMs: index * 1000 - 250_000 })))
  for (let index = 0; index < 40; index += 1) {
    const workerId = await register(store)
    for (const run of await store.claimRuns({ workerId, requestId: newId(), max: 3 })) await fillRun(store, run)
  }
  await store.createRun(rootRun())
  await store.vacuum()
}

async function fillRun(store: Store, { id: rootId, epoch }: RunRecord): Promise<void> {
  const open = { kind: 'event', status: 'open', event: { name: 'a', key: 'k' } } as const
  await store.appendJournal(batch(rootId, 1, [wait(rootId, 1, open), wait(rootId, 2)], epoch))
  await store.acquireSlots({ rootId, epoch, key: 'k', needs: [{ name: `limit-${rootId}`, size: 1, slots: 1 }] })
}
