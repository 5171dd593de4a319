import { describe, expect, test } from 'vitest'
import { stateOf } from '@sluice/core'
import type { NewRun } from '../records.ts'
import type { Store } from '../store.ts'
import { type StoreHarness } from './harness.testsuite.ts'
import { artifact, batch, cached, child, logLine, newId, rootRun, t0, task, wait } from './records.testsuite.ts'

const ended = (at: number, fields: Partial<NewRun> = {}): NewRun =>
  rootRun({ state: stateOf('Completed', at), endedAt: at, owner: null, ...fields })

/** Old runs go, and nothing that is still needed goes with them. */
export function retentionSuite(harness: StoreHarness): void {
  describe('retention', () => {
    test('takes the oldest ended runs with all that belongs to them, a bounded number at a time', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const runs = [ended(t0 + 3), ended(t0 + 1), ended(t0 + 2), ended(t0 + 50), rootRun()]
      for (const run of runs) await fill(store, run)
      expect((await store.deleteRunsBefore({ before: t0 + 10, limit: 2, now: t0 })).runs).toBe(2)
      expect(await remaining(store, runs)).toEqual([true, false, false, true, true])
      expect((await store.deleteRunsBefore({ before: t0 + 10, limit: 2, now: t0 })).runs).toBe(1)
      expect((await store.deleteRunsBefore({ before: t0 + 10, limit: 2, now: t0 })).runs).toBe(0)
      expect(await remaining(store, runs)).toEqual([false, false, false, true, true])
      const gone = String(runs[0]?.id)
      expect(await store.loadCheckpoints(gone)).toEqual({ tasks: [], runs: [], waits: [] })
      expect((await store.listLogs({ rootId: gone, limit: 1 })).items).toEqual([])
      expect(await store.listArtifacts(gone)).toEqual([])
      expect((await store.listRuns({ limit: 9, rootId: gone })).items).toEqual([])
      expect((await store.countTaskRuns(String(runs[3]?.id))).total).toBe(1)
    })

    test('takes what the run had outside its journal: key, tags, place in line, slots', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = ended(t0, { tags: ['a'] })
      await store.createRuns([{ run, dispatch: null, idempotency: { key: 'k', requestHash: 'h' } }])
      const worker = newId()
      const rows = [
        `run_queue (run_id, pool, queue, order_at, due_at) values ('${run.id}', 'default', 'default', 1, 1)`,
        `assignment (root_id, epoch, worker_id, request_id, pool, queue, claimed_at)
          values ('${run.id}', 1, '${worker}', '${worker}', 'default', 'default', 1)`,
        `limit_slot (root_id, key, limit_name, epoch, slots, granted_at) values ('${run.id}', 'k', 'api', 1, 1, 1)`,
        `limit_waiter (root_id, key, epoch, waiting_on, needs, since) values ('${run.id}', 'w', 1, 'api', '[]', 1)`,
        `task_cancel (root_id, task_run_id, asked_at) values ('${run.id}', '${worker}', 1)`,
      ]
      for (const row of rows) await database.execute(`insert into ${row}`)
      await store.putLimit('api', 1)
      expect((await store.getLimit('api'))?.held).toBe(1)
      expect((await store.deleteRunsBefore({ before: t0 + 10, limit: 9, now: t0 })).runs).toBe(1)
      expect(await store.getLimit('api')).toMatchObject({ held: 0, waiting: 0 })
      expect(await store.listPools()).toMatchObject([{ queued: 0, running: 0 }])
      expect(await store.countRuns({ tag: 'a' }, 9)).toBe(0)
      const again = await store.createRuns([
        { run: ended(t0), dispatch: null, idempotency: { key: 'k', requestHash: 'other' } },
      ])
      expect(again).toMatchObject([{ created: true, conflict: false }])
      expect((await store.listEvents({ limit: 9, rootId: run.id })).items).toHaveLength(1)
    })

    test('a run that was claimed again is not old any more', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = ended(t0)
      await store.createRun(run)
      const owner = { host: 'h', bootId: 'b', pid: 1, pidStart: '1' }
      const state = stateOf('Retrying', t0 + 1)
      await store.claimRun({ id: run.id, expectedEpoch: 1, owner, state, newAttempt: true, drop: [] })
      expect((await store.deleteRunsBefore({ before: t0 + 10, limit: 9, now: t0 })).runs).toBe(0)
    })

    test('a live run stays, whatever its times say', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      await store.createRun(rootRun({ endedAt: t0 }))
      expect((await store.deleteRunsBefore({ before: t0 + 10, limit: 9, now: t0 })).runs).toBe(0)
    })

    test('names the large results that nothing mentions any more, and no other', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const large = (ref: string) => ({ ref, bytes: 100_000 })
      const run = ended(t0, { parameters: large('parameters'), result: large('shared') })
      await store.createRun(run)
      await store.createRun(ended(t0 + 99, { result: large('shared') }))
      await store.appendJournal(
        batch(run.id, 1, [
          task(run.id, 1, { result: large('task') }, cached('c', { result: large('cached') })),
          task(run.id, 2, { result: large('cached') }),
          child(run, 3, { result: large('child') }),
          wait(run.id, 4, { outcome: large('wait') }),
        ]),
      )
      const { orphanedResults } = await store.deleteRunsBefore({ before: t0 + 10, limit: 9, now: t0 })
      expect(orphanedResults).toEqual(['child', 'parameters', 'task', 'wait'])
    })

    test('expired cache entries go, and the results that only they mentioned are named', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = rootRun()
      await store.createRun(run)
      const result = { ref: 'big', bytes: 100_000 }
      const entries = [
        cached('old', { result, expiresAt: t0 + 5 }),
        cached('new', { expiresAt: t0 + 6 }),
        cached('ever'),
      ]
      const tasks = entries.map((entry, index) => task(run.id, index + 1, {}, entry))
      await store.appendJournal(batch(run.id, 1, tasks))
      const swept = await store.deleteRunsBefore({ before: t0, limit: 9, now: t0 + 5 })
      expect(swept).toEqual({ runs: 0, orphanedResults: ['big'] })
      expect(await store.getCached('old', t0)).toBeUndefined()
      expect(await store.getCached('new', t0)).toBeDefined()
      expect(await store.getCached('ever', t0)).toBeDefined()
    })
  })
}

async function fill(store: Store, run: NewRun): Promise<void> {
  await store.createRun(run)
  const report = { kind: 'artifact', row: artifact(run.id) } as const
  await store.appendJournal(batch(run.id, 1, [task(run.id, 1), child(run, 2), wait(run.id, 3), report]))
  await store.appendLogs([logLine(run.id, 'hello')])
}

async function remaining(store: Store, runs: readonly NewRun[]): Promise<boolean[]> {
  return Promise.all(runs.map(async (run) => (await store.getRun(run.id)) !== undefined))
}
