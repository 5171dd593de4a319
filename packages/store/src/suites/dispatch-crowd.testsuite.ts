import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { isSluiceError, isTerminal, stateOf } from '@sluice/core'
import type { RunRecord } from '../records.ts'
import type { Store } from '../store.ts'
import { claim, enqueue, queued, reclaiming, register, rootState, slots } from './dispatch-records.testsuite.ts'
import type { StoreHarness } from './harness.testsuite.ts'
import { batch, t0, wait } from './records.testsuite.ts'

const runCount = 80

/** Everything that happens to runs, to the same runs, at once. */
export function dispatchCrowdSuite(harness: StoreHarness): void {
  describe('a crowd', () => {
    test(
      'of workers, people and servers leaves no run behind, and nobody waits in a circle',
      { timeout: 120_000 },
      async () => {
        await using database = await harness.create()
        await using store = await database.open({ connections: 12 })
        const open = new Set(await enqueue(store, ...Array.from({ length: runCount }, () => queued())))
        const over = (): boolean => open.size === 0
        const workers = await Promise.all(Array.from({ length: 6 }, () => register(store)))
        await Promise.all([
          ...workers.map((workerId, index) => serveRuns(store, workerId, index, over)),
          answerAll(store, over),
          serveAll(store, [...open], over),
          watch(store, open),
        ])
        expect(await store.listLimits()).toMatchObject([{ name: 'db', held: 0, waiting: 0 }])
        expect(await store.nextDue()).toEqual([])
        for (const workerId of workers) expect(await store.stopWorker(workerId)).toEqual([])
        if (harness.kind === 'postgres') await database.execute(noDeadlock)
      },
    )
  })
}

const noDeadlock = `do $$ begin
  perform pg_stat_force_next_flush();
  if (select deadlocks from pg_stat_database where datname = current_database()) > 0 then raise exception 'a deadlock'; end if;
end $$`

/** Claims and, in turn, ends, suspends or loses what it has. */
async function serveRuns(store: Store, workerId: string, index: number, over: () => boolean): Promise<void> {
  for (let round = index; !over(); round += 1) {
    await turn()
    const runs = await claim(store, workerId, 3)
    await Promise.all(runs.map((run, at) => fencedOrDone(live(store, workerId, run, round + at))))
  }
}

async function live(store: Store, workerId: string, run: RunRecord, round: number): Promise<void> {
  const { id, epoch, journalSeq } = run
  await store.acquireSlots(slots(run, 'k', { db: 1 }, 2))
  if (round % 4 === 0) {
    await store.reclaimRuns(reclaiming(workerId, [run], { crashed: false }))
  } else if (round % 4 === 1 && run.state.type !== 'cancelling') {
    const open = wait(id, journalSeq + 1, { key: `w-${epoch}`, kind: 'input', status: 'open', deadline: null })
    await store.appendJournal(batch(id, journalSeq + 1, [open, rootState('Suspended')], epoch))
  } else await store.appendJournal(batch(id, journalSeq + 1, [rootState('Completed')], epoch))
}

/** Whoever comes late with a run is told so, and that is all. */
async function fencedOrDone(work: Promise<void>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!isSluiceError(error, 'RUN_FENCED')) throw error
  })
}

/** People answer whatever is asked. */
async function answerAll(store: Store, over: () => boolean): Promise<void> {
  while (!over()) {
    await turn()
    const { items } = await store.listWaits({ limit: 20, status: 'open' })
    await Promise.all(items.map(({ id }) => store.answerWait({ waitId: id, answer: '[1]', by: 'ada' })))
  }
}

/** What servers do all the time, and a wish to cancel now and then. */
async function serveAll(store: Store, ids: readonly string[], over: () => boolean): Promise<void> {
  for (let round = 0; !over(); round += 1) {
    await turn()
    await store.markLate({ afterMs: 0, limit: 50 })
    await store.settleWaits(50)
    const id = ids[(round * 7) % ids.length]
    if (id !== undefined && round % 3 === 0) await store.requestCancel(id, stateOf('Cancelling', t0 + round))
    if (id !== undefined) await store.makeDue(id)
  }
}

/** Until every run has ended. */
async function watch(store: Store, open: Set<string>): Promise<void> {
  while (open.size > 0) {
    await turn()
    for (const id of open) {
      const run = await store.getRun(id)
      if (run !== undefined && isTerminal(run.state.type)) open.delete(id)
    }
  }
}
