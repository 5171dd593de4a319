import { describe, expect, test } from 'vitest'
import { type StateName, stateOf } from '@sluice/core'
import { type StoreHarness } from './harness.testsuite.ts'
import { artifact, batch, cached, child, logLine, newId, rootRun, t0, task } from './records.testsuite.ts'

/** What people and the cache read. */
export function readingSuite(harness: StoreHarness): void {
  describe('task runs', () => {
    test('are listed in journal order, page by page, by run and by state', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = rootRun()
      await store.createRun(run)
      const part = child(run, 1)
      const inPart = { runId: part.row.id }
      const failed = { state: stateOf('Failed', t0) }
      const entries = [part, task(run.id, 2), task(run.id, 3, inPart), task(run.id, 4, { ...inPart, ...failed })]
      await store.appendJournal(batch(run.id, 1, [...entries, task(run.id, 5, failed)]))
      const seqs = async (query: object) => {
        const page = await store.listTaskRuns({ rootId: run.id, limit: 2, ...query })
        return [page.items.map((row) => row.seq), page.next]
      }
      expect(await seqs({})).toEqual([[2, 3], '3'])
      expect(await seqs({ after: '3' })).toEqual([[4, 5], null])
      expect(await seqs(inPart)).toEqual([[3, 4], null])
      expect(await seqs({ states: ['failed', 'crashed'] })).toEqual([[4, 5], null])
      expect(await seqs({ ...inPart, states: ['failed'] })).toEqual([[4], null])
    })

    test('are counted by outcome', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = rootRun()
      await store.createRun(run)
      const names: StateName[] = [
        'Completed',
        'Skipped',
        'Cached',
        'Failed',
        'TimedOut',
        'Cancelled',
        'Running',
        'Crashed',
      ]
      const entries = names.map((name, index) =>
        task(run.id, index + 1, {
          state: stateOf(name, t0),
          attempt: name === 'Cached' ? 0 : name === 'Failed' ? 4 : 1,
        }),
      )
      await store.appendJournal(batch(run.id, 1, entries))
      expect(await store.countTaskRuns(run.id)).toEqual({
        total: 8,
        completed: 2,
        cached: 1,
        failed: 2,
        cancelled: 1,
        other: 2,
        retries: 3,
      })
    })
  })

  describe('the cache', () => {
    test('gives a result until it expires, and the last one written', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = rootRun()
      await store.createRun(run)
      const ids = { runId: newId(), taskRunId: newId() }
      const entry = cached('c', { ...ids, result: { ref: 'abc', bytes: 70_000 }, expiresAt: t0 + 10 })
      await store.appendJournal(batch(run.id, 1, [task(run.id, 1, {}, entry)]))
      expect(await store.getCached('c', t0 + 9)).toEqual({ key: 'c', ...ids, result: entry.result, createdAt: t0 })
      expect(await store.getCached('c', t0 + 10)).toBeUndefined()
      expect(await store.getCached('d', t0)).toBeUndefined()
      const [first, second] = [cached('c', { result: { text: '[1]' } }), cached('c', { result: { text: '[2]' } })]
      await store.appendJournal(batch(run.id, 2, [task(run.id, 2, {}, first), task(run.id, 3, {}, second)]))
      expect((await store.getCached('c', t0 + 1e15))?.result).toEqual({ text: '[2]' })
    })
  })

  describe('logs', () => {
    test('come back in the order written, filtered and page by page', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const [root, part, of] = [newId(), newId(), newId()]
      await store.appendLogs([
        logLine(root, 'one', { at: t0 + 5, fields: { rows: 3, path: 'a\0' } }),
        logLine(newId(), 'elsewhere'),
        logLine(root, 'two', { runId: part, taskRunId: of, level: 50 }),
      ])
      await store.appendLogs([logLine(root, 'three \0', { at: t0 - 5, taskRunId: of, level: 20 })])
      await store.appendLogs([])
      const messages = async (query: object) => {
        const page = await store.listLogs({ rootId: root, limit: 9, ...query })
        return page.items.map((line) => line.message)
      }
      expect(await messages({})).toEqual(['one', 'two', 'three \uFFFD'])
      expect(await messages({ runId: part })).toEqual(['two'])
      expect(await messages({ taskRunId: of })).toEqual(['two', 'three \uFFFD'])
      expect(await messages({ taskRunId: of, minLevel: 30 })).toEqual(['two'])
      const first = await store.listLogs({ rootId: root, limit: 1 })
      expect(first.items[0]).toMatchObject({ at: t0 + 5, level: 30, fields: { rows: 3, path: 'a\0' }, taskRunId: null })
      expect(await messages({ limit: 1, after: first.next })).toEqual(['two'])
    })

    test('a reader that follows a run meets every line once', async () => {
      await using database = await harness.create()
      await using writer = await database.open()
      await using reader = await database.open()
      const root = newId()
      const sent = Array.from({ length: 200 }, (_, index) => `line ${index}`)
      const writing = Promise.all(sent.map((message) => writer.appendLogs([logLine(root, message)])))
      const seen: string[] = []
      for (let after = '0'; seen.length < sent.length;) {
        const page = await reader.listLogs({ rootId: root, limit: 7, after })
        seen.push(...page.items.map((line) => line.message))
        after = page.items.at(-1)?.position ?? after
      }
      await writing
      expect(seen.toSorted()).toEqual(sent.toSorted())
    })
  })

  describe('artifacts', () => {
    test('are replaced under their key and keep id and creation time', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = rootRun()
      await store.createRun(run)
      const put = (fields: object) => ({ kind: 'artifact', row: artifact(run.id, fields) }) as const
      const of = newId()
      const first = put({ description: 'draft' })
      const inTask = put({ taskRunId: of })
      const batchOfTwo = put({ taskRunId: of, key: 'p', kind: 'progress', data: { done: 1 } })
      const last = put({ taskRunId: of, key: 'p', kind: 'progress', data: { done: 2 }, createdAt: t0 + 8 })
      await store.appendJournal(batch(run.id, 1, [first, inTask, batchOfTwo, last]))
      const changed = put({ data: { url: 'x' }, kind: 'link', createdAt: t0 + 4, updatedAt: t0 + 4 })
      await store.appendJournal(batch(run.id, 5, [changed]))
      expect(await store.listArtifacts(run.id)).toEqual([
        { ...changed.row, id: first.row.id, createdAt: t0 },
        inTask.row,
        { ...last.row, id: batchOfTwo.row.id, createdAt: t0 },
      ])
    })
  })
}
