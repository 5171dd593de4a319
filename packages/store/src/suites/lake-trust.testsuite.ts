import { describe, expect, test } from 'vitest'
import type { StoreHarness } from './harness.testsuite.ts'
import { check, committing, incident, load, newTable, nextOf } from './lake-records.testsuite.ts'
import { newId } from './records.testsuite.ts'

/** What the store remembers of checks and incidents of the lake. */
export function lakeTrustSuite(harness: StoreHarness): void {
  describe('checks of the lake', () => {
    test('are kept for each snapshot, newest first, and the last word of each stays', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const [table, rootId] = [newId(), newId()]
      const failed = check(table, 'unique(id)', { outcome: 'failed', failing: 2, detail: '{"a":"\u00e9"}' })
      await store.recordLakeChecks([check(table, 'not-null(id)'), failed], rootId)
      await store.recordLakeChecks([check(table, 'fresh', { snapshotId: '8', failing: null, loadId: null })], null)
      await store.recordLakeChecks([], null)
      const all = await store.listLakeChecks(table, { limit: 2 })
      expect(all.items).toMatchObject([
        { name: 'fresh', failing: null, loadId: null, rootId: null },
        { name: 'unique(id)' },
      ])
      const rest = await store.listLakeChecks(table, { limit: 2, after: String(all.next) })
      expect(rest).toMatchObject({ items: [{ name: 'not-null(id)', rootId }], next: null })
      await store.recordLakeChecks([{ ...failed, outcome: 'passed', failing: 0 }], null)
      const page = await store.listLakeChecks(table, { limit: 1, snapshotId: '7' })
      expect(page.items).toMatchObject([{ name: 'not-null(id)' }])
      const then = await store.listLakeChecks(table, { limit: 9, snapshotId: '7', after: String(page.next) })
      expect(then.items).toMatchObject([{ name: 'unique(id)', outcome: 'passed', failing: 0 }])
      expect((await store.listLakeChecks('none', { limit: 9 })).items).toEqual([])
    })

    test('and incidents of a commit come with it, or not at all', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const table = newTable('a.a')
      const found = { checks: [check(table.id, 'x')], incidents: [incident('a.a', 'l', { tableId: table.id })] }
      await store.commitLake(committing([table], { loads: [load(table.id, 'l', { state: 'blocked' })], ...found }))
      expect((await store.listLakeChecks(table.id, { limit: 9 })).items).toHaveLength(1)
      expect((await store.listLakeIncidents({ limit: 9 })).items).toMatchObject([{ loadId: 'l', state: 'open' }])
      const stale = committing([{ ...nextOf(table), expectedVersion: 7 }], { incidents: [incident('a.a', 'other')] })
      await expect(store.commitLake(stale)).rejects.toMatchObject({ code: 'LAKE_COMMIT_CONFLICT' })
      expect((await store.listLakeIncidents({ limit: 9 })).items).toHaveLength(1)
      const resolved = [{ tableName: 'a.a', loadId: 'l', by: 'ada', note: 'published' }]
      const published = [load(table.id, 'l', { state: 'published', loaded: 9 })]
      await store.commitLake(committing([nextOf(table)], { loads: published, resolved }))
      expect((await store.listLakeIncidents({ limit: 9 })).items).toMatchObject([
        { state: 'resolved', closedBy: 'ada', note: 'published' },
      ])
      expect(await store.getLakeLoad(table.id, 'l')).toMatchObject({ state: 'published', loaded: 9 })
    })
  })

  describe('a load that is dropped', () => {
    test('leaves its files to the next one', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const table = newTable('a.a')
      const staged = [load(table.id, 'l', { state: 'staged', files: ['x'] })]
      await store.commitLake(committing([table], { loads: staged }))
      expect(await store.loadedLakeFiles(table.id, 'main', ['x'])).toEqual(['x'])
      await store.commitLake(committing([nextOf(table)], { loads: [load(table.id, 'l', { state: 'dropped' })] }))
      expect(await store.loadedLakeFiles(table.id, 'main', ['x'])).toEqual([])
      const again = committing([nextOf(nextOf(table))], { loads: [load(table.id, 'l')] })
      await expect(store.commitLake(again)).rejects.toMatchObject({ code: 'LOAD_EXISTS' })
    })
  })

  describe('an incident', () => {
    test('is one for each table, kind and load, and tells of itself once each time it is opened', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const rootId = newId()
      const first = await store.openLakeIncident(incident('a.a', 'l', { detail: '{"n":1}' }), rootId)
      expect(first).toMatchObject({ state: 'open', rootId, closedAt: null, closedBy: null, note: null })
      expect(await store.openLakeIncident(incident('a.a', 'l'), null)).toEqual(first)
      const events = async (): Promise<readonly unknown[]> =>
        (await store.listEvents({ name: 'incident.opened', limit: 9 })).items.map(({ key, payload }) => [
          key,
          (JSON.parse(payload ?? '{}') as { incident?: string }).incident,
        ])
      expect(await events()).toEqual([['a.a', first.id]])
      const resolved = await store.resolveLakeIncident(first.id, { by: 'ada', note: null })
      expect(resolved).toMatchObject({ state: 'resolved', closedBy: 'ada', closedAt: expect.any(Number) })
      expect(await store.resolveLakeIncident(first.id, { by: 'bob', note: 'late' })).toEqual(resolved)
      expect(await store.getLakeIncident(first.id)).toEqual(resolved)
      const again = await store.openLakeIncident(incident('a.a', 'l', { detail: '{"n":2}' }), null)
      expect(again).toMatchObject({ id: first.id, state: 'open', detail: '{"n":2}', closedBy: null, note: null })
      expect(await events()).toEqual([
        ['a.a', first.id],
        ['a.a', first.id],
      ])
      expect(await store.getLakeIncident('none')).toBeUndefined()
      expect(await store.resolveLakeIncident('none', { by: 'ada', note: null })).toBeUndefined()
      expect(await store.resolveLakeIncident(newId(), { by: 'ada', note: null })).toBeUndefined()
    })

    test('is found by its table and its state, newest first', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      for (const [table, id] of [
        ['a.a', '1'],
        ['b.b', '2'],
        ['a.a', '3'],
      ] as const)
        await store.openLakeIncident(incident(table, id), null)
      const loads = async (query: object): Promise<readonly string[]> =>
        (await store.listLakeIncidents({ limit: 9, ...query })).items.map(({ loadId }) => loadId)
      const [newest] = (await store.listLakeIncidents({ limit: 1 })).items
      await store.resolveLakeIncident(String(newest?.id), { by: 'ada', note: null })
      expect(await loads({})).toEqual(['3', '2', '1'])
      expect(await loads({ table: 'a.a' })).toEqual(['3', '1'])
      expect(await loads({ state: 'open' })).toEqual(['2', '1'])
      expect(await loads({ table: 'a.a', state: 'open' })).toEqual(['1'])
      const { next } = await store.listLakeIncidents({ limit: 1 })
      expect(await loads({ after: next })).toEqual(['2', '1'])
    })
  })
}
