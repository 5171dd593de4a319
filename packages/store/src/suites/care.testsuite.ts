import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openStore } from '../open-store.ts'
import { expectCode, type StoreHarness } from './harness.testsuite.ts'
import { batch, newId, rootRun, task } from './records.testsuite.ts'

/** What an operator does with the database itself. */
export function careSuite(harness: StoreHarness): void {
  describe('the database', () => {
    test('tells its schema, its size and what is in it', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = rootRun({ tags: ['a'] })
      await store.createRun(run)
      await store.appendJournal(batch(run.id, 1, [task(run.id, 1), task(run.id, 2)]))
      const status = await store.databaseStatus()
      expect(status).toMatchObject({
        kind: harness.kind,
        location: store.location,
        rows: { run: 1, task_run: 2, event: 1, run_tag: 1 },
      })
      expect(status.schema.version).toBe(status.schema.known)
      expect(status.bytes).toBeGreaterThan(100_000)
    })

    test('is vacuumed while it is in use', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = rootRun()
      await store.createRun(run)
      await store.vacuum()
      expect((await store.getRun(run.id))?.id).toBe(run.id)
    })

    test('is copied while it is in use; PostgreSQL names its own tool', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = rootRun()
      await store.createRun(run)
      const directory = mkdtempSync(join(tmpdir(), 'sluice-backup-'))
      const file = join(directory, 'copy.db')
      try {
        if (harness.kind === 'postgres') {
          await expect(store.backupTo(file)).rejects.toThrow(/pg_dump/)
          return
        }
        const later = rootRun()
        const copying = store.backupTo(file)
        await store.createRun(later)
        await copying
        await using copy = await openStore(file)
        expect((await copy.getRun(run.id))?.id).toBe(run.id)
        await expectCode(store.backupTo(file), 'OPTION_INVALID')
        await expectCode(store.backupTo(join(directory, 'none', 'copy.db')), 'STORE_UNAVAILABLE')
      } finally {
        rmSync(directory, { recursive: true })
      }
    })

    test('forgets workers that are long gone, never one that is there', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const worker = {
        name: 'w',
        pool: 'default',
        queues: [],
        host: 'h',
        pid: 1,
        version: '1',
        mode: 'process',
        capacity: 2,
      } as const
      const [gone, here] = [newId(), newId()]
      for (const id of [gone, here]) await store.registerWorker({ ...worker, id }, 60_000)
      await store.stopWorker(gone)
      await database.execute(`update worker set stopped_at = 5, started_at = 1 where id = '${gone}'`)
      expect(await store.deleteHistory({ eventsBefore: 10, limit: 9 })).toBe(1)
      expect((await store.listWorkers({ all: true })).map(({ id }) => id)).toEqual([here])
    })
  })
}
