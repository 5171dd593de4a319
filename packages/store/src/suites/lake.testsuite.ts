import { describe, expect, test } from 'vitest'
import { claimRun } from '../queries/claim-run.ts'
import { commitLake } from '../queries/lake/commit-lake.ts'
import { defaultWorkspace } from '../store.ts'
import { expectCode, type StoreHarness } from './harness.testsuite.ts'
import { committing, load, newTable, nextOf, snapshot } from './lake-records.testsuite.ts'
import { newId, owner, rootRun, t0 } from './records.testsuite.ts'
import { stateOf } from '@sluice/core'

/** The lake's catalogue: pointers, commits, the ledger. */
export function lakeSuite(harness: StoreHarness): void {
  describe('tables of the lake', () => {
    test('are made, moved on, listed by name, namespace and prefix, and dropped', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const names = ['silver.rides', 'bronze.trips', 'bronze.zones', 'bronze_2.trips', 'bronze.trips_2']
      const tables = names.map((name) => newTable(name))
      const made = await store.commitLake(committing(tables))
      expect(made.tables.map(({ name, version }) => `${name} ${version}`)).toEqual(
        names.toSorted().map((name) => `${name} 1`),
      )
      const listed = async (query: object): Promise<string[]> =>
        (await store.listLakeTables({ limit: 9, ...query })).items.map(({ name }) => name)
      expect(await listed({})).toEqual(names.toSorted())
      expect(await listed({ namespace: 'bronze' })).toEqual(['bronze.trips', 'bronze.trips_2', 'bronze.zones'])
      expect(await listed({ prefix: 'bronze.tr' })).toEqual(['bronze.trips', 'bronze.trips_2'])
      expect(await listed({ prefix: '%' })).toEqual([])
      const page = await store.listLakeTables({ limit: 2 })
      expect(await listed({ after: page.next })).toEqual(names.toSorted().slice(2))
      const trips = tables[1] ?? newTable('none')
      const moved = await store.commitLake(committing([nextOf(trips)], { createdBy: 'bob' }))
      expect(moved.tables).toEqual([await store.findLakeTable('bronze.trips')])
      expect(moved.tables).toMatchObject([
        { id: trips.id, version: 2, metadataKey: 'bronze.trips/v2', createdBy: 'ada' },
      ])
      expect(await store.getLakeTable(trips.id)).toEqual(moved.tables[0])
      expect(await store.dropLakeTable(trips.id, 1)).toBe(false)
      expect(await store.dropLakeTable(trips.id, 2)).toBe(true)
      expect(await store.dropLakeTable(trips.id, 2)).toBe(false)
      expect(await store.findLakeTable('bronze.trips')).toBeUndefined()
      expect(await listed({ prefix: 'bronze.trips' })).toEqual(['bronze.trips_2'])
      await expectCode(store.commitLake(committing([nextOf(nextOf(trips))])), 'LAKE_COMMIT_CONFLICT')
      await store.commitLake(committing([newTable('bronze.trips')]))
      expect(await store.getLakeTable('none')).toBeUndefined()
      expect(await store.dropLakeTable('none', 1)).toBe(false)
    })

    test('keep their snapshots, newest first, and their refs', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const rootId = newId()
      const ref = { name: 'main', kind: 'branch', snapshotId: '7' } as const
      const first = newTable('a.b', { addedSnapshots: [snapshot(1, { rootId, loadId: 'l' })], refs: [ref] })
      await store.commitLake(committing([first]))
      const tag = { name: 'audited', kind: 'tag', snapshotId: '7' } as const
      const second = nextOf(first, {
        addedSnapshots: [snapshot(2), snapshot(3)],
        refs: [tag, { ...ref, snapshotId: '8' }],
      })
      await store.commitLake(committing([second]))
      expect(await store.listLakeRefs(first.id)).toEqual([tag, { ...ref, snapshotId: '8' }])
      const page = await store.listLakeSnapshots(first.id, { limit: 2 })
      expect(page.items).toMatchObject([snapshot(3), snapshot(2)])
      const rest = await store.listLakeSnapshots(first.id, { limit: 2, after: String(page.next) })
      expect(rest.items).toMatchObject([{ ...snapshot(1), rootId, loadId: 'l' }])
      expect(rest.next).toBeNull()
      const removed = [snapshot(1).snapshotId]
      await store.commitLake(
        committing([nextOf(second, { addedSnapshots: [], removedSnapshots: removed, refs: null })]),
      )
      expect((await store.listLakeSnapshots(first.id, { limit: 9 })).items).toHaveLength(2)
      expect(await store.listLakeRefs(first.id)).toHaveLength(2)
      expect(await store.listLakeRefs('none')).toEqual([])
      expect((await store.listLakeSnapshots('none', { limit: 9 })).items).toEqual([])
    })
  })

  describe('a commit of the lake', () => {
    test('of several tables is made whole or not at all', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const [a, b] = [newTable('a.a'), newTable('b.b')]
      await store.commitLake(committing([a, b]))
      const stale = { ...nextOf(b), expectedVersion: 2 }
      const transaction = committing([nextOf(a), stale, newTable('c.c')], { loads: [load(a.id, 'l')] })
      await expect(store.commitLake(transaction)).rejects.toMatchObject({
        code: 'LAKE_COMMIT_CONFLICT',
        details: { table: 'b.b' },
      })
      await expectCode(store.commitLake(committing([nextOf(b), newTable('a.a')])), 'TABLE_EXISTS')
      expect((await store.listLakeTables({ limit: 9 })).items.map(({ version }) => version)).toEqual([1, 1])
      expect(await store.findLakeCommits([transaction.commits[0].id])).toEqual([])
      expect(await store.getLakeLoad(a.id, 'l')).toBeUndefined()
    })

    test('of 16 that expect the same version moves the pointer once', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const table = newTable('a.a')
      await store.commitLake(committing([table]))
      const writers = Array.from({ length: 16 }, (_, index) => nextOf(table, { metadataKey: `by-${index}` }))
      const results = await Promise.allSettled(writers.map((each) => store.commitLake(committing([each]))))
      const won = results.flatMap(({ status }, index) => (status === 'fulfilled' ? [index] : []))
      expect(won).toHaveLength(1)
      expect(await store.getLakeTable(table.id)).toMatchObject({ version: 2, metadataKey: `by-${won[0]}` })
    })

    test('that comes again is answered with the same receipt, and does nothing', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const [a, b] = [newTable('a.a'), newTable('b.b')]
      const transaction = committing([b, a], { loads: [load(a.id, 'l')] })
      const { tables } = await store.commitLake(transaction)
      await store.commitLake(committing([nextOf(a)]))
      const again = await store.commitLake(transaction)
      expect(again.tables).toEqual([])
      const receipt = tables.map(({ id, name, directory, metadataKey, version }) => {
        return { id, name, directory, metadataKey, version }
      })
      const [{ id }] = transaction.commits
      expect(again.repeated).toEqual([{ commitId: id, tables: receipt }])
      expect(await store.findLakeCommits([newId(), id])).toEqual(again.repeated)
      expect(await store.getLakeTable(a.id)).toMatchObject({ version: 2 })
    })

    test('that is made with others leaves them to be made without it when it is there already', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const a = newTable('a.a')
      const first = committing([a])
      await store.commitLake(first)
      const other = committing([nextOf(a)], { id: '0-comes-before' })
      const both = { commits: [...first.commits, ...other.commits], tables: other.tables }
      expect((await store.commitLake(both)).repeated.map(({ commitId }) => commitId)).toEqual([first.commits[0].id])
      expect(await store.getLakeTable(a.id)).toMatchObject({ version: 1 })
      expect((await store.commitLake(other)).tables).toMatchObject([{ version: 2 }])
    })

    test('sent again while its first try is under way is made once', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const transaction = committing([newTable('a.a')])
      await store.commitLake(committing([newTable('z.z')]))
      const first = await database.holdSteps(() => commitLake(defaultWorkspace, transaction))
      const again = store.commitLake(transaction)
      await first.blocking()
      await first.commit()
      expect((await again).repeated).toHaveLength(1)
      expect(await store.findLakeTable('a.a')).toMatchObject({ version: 1 })
    })

    test('goes on when another one of the table gives up, and is lost when that one is made', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const table = newTable('a.a')
      await store.commitLake(committing([table]))
      const hold = (key: string): Promise<Awaited<ReturnType<typeof database.holdSteps>>> =>
        database.holdSteps(() => commitLake(defaultWorkspace, committing([nextOf(table, { metadataKey: key })])))
      const given = await hold('given up')
      const late = store.commitLake(committing([nextOf(table, { metadataKey: 'late' })]))
      await given.blocking()
      await given.rollback()
      expect((await late).tables).toMatchObject([{ version: 2, metadataKey: 'late' }])
      const made = await database.holdSteps(() => commitLake(defaultWorkspace, committing([nextOf(nextOf(table))])))
      const lost = expectCode(store.commitLake(committing([nextOf(nextOf(table))])), 'LAKE_COMMIT_CONFLICT')
      await made.blocking()
      await made.commit()
      await lost
    })
  })

  describe('the fence of the lake', () => {
    const successor = (id: string) => ({
      id,
      expectedEpoch: 1,
      owner: { ...owner, pid: 12 },
      state: stateOf('Running', t0 + 1),
      newAttempt: false,
      drop: [],
    })

    test('refuses a run that another process has taken over, and one that there is not', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = rootRun()
      await store.createRun(run)
      const by = (rootId: string, epoch: number) => ({ run: { rootId, epoch, taskRunId: null } })
      await store.commitLake(committing([newTable('a.a')], by(run.id, 1)))
      await store.claimRun(successor(run.id))
      const late = committing([newTable('b.b')], by(run.id, 1))
      const refused = store.commitLake(late)
      await expect(refused).rejects.toMatchObject({ code: 'RUN_FENCED', details: { commit: late.commits[0].id } })
      await expectCode(store.commitLake(committing([newTable('b.b')], by(newId(), 1))), 'RUN_FENCED')
      await expectCode(store.commitLake(committing([newTable('b.b')], by('none', 1))), 'RUN_FENCED')
      expect(await store.findLakeTable('b.b')).toBeUndefined()
      await store.commitLake(committing([newTable('b.b')], by(run.id, 2)))
    })

    test('lets a successor wait for a commit that is past it', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = rootRun()
      await store.createRun(run)
      const transaction = committing([newTable('a.a')], { run: { rootId: run.id, epoch: 1, taskRunId: null } })
      const late = await database.holdSteps(() => commitLake(defaultWorkspace, transaction))
      const claiming = store.claimRun(successor(run.id))
      await late.blocking()
      await late.commit()
      expect((await claiming)?.epoch).toBe(2)
      expect(await store.findLakeTable('a.a')).toMatchObject({ version: 1 })
    })

    test('lets a commit wait for a successor under way, and refuses it then', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = rootRun()
      await store.createRun(run)
      const claiming = await database.holdSteps(() => claimRun(successor(run.id)))
      const transaction = committing([newTable('a.a')], { run: { rootId: run.id, epoch: 1, taskRunId: null } })
      const refused = expectCode(store.commitLake(transaction), 'RUN_FENCED')
      await claiming.blocking()
      await claiming.commit()
      await refused
      expect(await store.findLakeTable('a.a')).toBeUndefined()
    })
  })

  describe('the ledger of loads', () => {
    test('has a load once, with the run that made it, newest first', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = rootRun()
      await store.createRun(run)
      const taskRunId = newId()
      const table = newTable('a.a')
      await store.commitLake(
        committing([table], {
          run: { rootId: run.id, epoch: 1, taskRunId },
          loads: [load(table.id, 'load-1'), load(table.id, 'load-2', { cursor: null, snapshotId: null })],
        }),
      )
      const again = committing([nextOf(table)], { loads: [load(table.id, 'load-1')] })
      await expect(store.commitLake(again)).rejects.toMatchObject({
        code: 'LOAD_EXISTS',
        details: { load: 'load-1', commit: again.commits[0].id },
      })
      expect(await store.getLakeTable(table.id)).toMatchObject({ version: 1 })
      await store.commitLake(committing([nextOf(table)], { loads: [load(table.id, 'load-3')] }))
      const { files: _, ...fields } = load(table.id, 'load-1')
      expect(await store.getLakeLoad(table.id, 'load-1')).toMatchObject({ ...fields, rootId: run.id, taskRunId })
      expect(await store.getLakeLoad(table.id, 'none')).toBeUndefined()
      const page = await store.listLakeLoads(table.id, { limit: 2 })
      const rest = await store.listLakeLoads(table.id, { limit: 2, after: String(page.next) })
      expect([...page.items, ...rest.items].map(({ id }) => id)).toEqual(['load-3', 'load-2', 'load-1'])
    })

    test('lets a blocked load be published, and none that is committed', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const table = newTable('a.a')
      const files = ['x']
      const blocked = load(table.id, 'one', { state: 'blocked', files })
      await store.commitLake(committing([table], { loads: [blocked] }))
      const published = load(table.id, 'one', { state: 'published', snapshotId: '9', files })
      await store.commitLake(committing([nextOf(table)], { loads: [published] }))
      expect(await store.getLakeLoad(table.id, 'one')).toMatchObject({
        state: 'published',
        snapshotId: '9',
        records: 10,
      })
      await expectCode(store.commitLake(committing([nextOf(nextOf(table))], { loads: [blocked] })), 'LOAD_EXISTS')
    })

    test('asks with whatever text, and refuses a cursor that no page gave out', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const table = newTable('a.a')
      const odd = 'x\0\uD800'
      const lineage = [{ direction: 'read', dataset: odd, snapshotId: null }] as const
      await store.commitLake(committing([table], { lineage, loads: [load(table.id, odd, { files: [odd] })] }))
      expect(await store.getLakeLoad(table.id, odd)).toMatchObject({ id: 'x\uFFFD\uFFFD' })
      expect(await store.loadedLakeFiles(table.id, 'main', [odd])).toEqual(['x\uFFFD\uFFFD'])
      expect((await store.listLakeLineage({ dataset: odd, limit: 9 })).items).toHaveLength(1)
      expect((await store.listLakeTables({ prefix: odd, limit: 9 })).items).toEqual([])
      const after = Buffer.from(JSON.stringify(['x', odd])).toString('base64url')
      await expectCode(store.listLakeLoads(table.id, { limit: 9, after }), 'OPTION_INVALID')
      await expectCode(store.listLakeLineage({ dataset: 'x', limit: 9, after }), 'OPTION_INVALID')
    })

    test('takes a file once per table and branch', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const [a, b] = [newTable('a.a'), newTable('b.b')]
      await store.commitLake(
        committing([a, b], {
          loads: [load(a.id, 'one', { files: ['x', 'y', 'x'] }), load(b.id, 'one', { files: ['x'] })],
        }),
      )
      const late = load(a.id, 'two', { files: ['w', 'y'] })
      await expectCode(store.commitLake(committing([nextOf(a)], { loads: [late] })), 'LOAD_EXISTS')
      await store.commitLake(committing([nextOf(a)], { loads: [{ ...late, branch: 'dev' }] }))
      const asked = ['v', 'w', 'x', 'y']
      expect((await store.loadedLakeFiles(a.id, 'main', asked)).toSorted()).toEqual(['x', 'y'])
      expect((await store.loadedLakeFiles(a.id, 'dev', asked)).toSorted()).toEqual(['w', 'y'])
      expect(await store.loadedLakeFiles(a.id, 'main', [])).toEqual([])
    })
  })

  test('receipts go with old events; tables and the ledger stay', async () => {
    await using database = await harness.create()
    await using store = await database.open()
    const table = newTable('a.a')
    const transaction = committing([table], { loads: [load(table.id, 'l')] })
    await store.commitLake(transaction)
    const [{ id }] = transaction.commits
    const { createdAt = 0 } = (await store.findLakeTable('a.a')) ?? {}
    expect(await store.deleteHistory({ eventsBefore: createdAt - 1_000_000, limit: 9 })).toBe(0)
    expect(await store.findLakeCommits([id])).toHaveLength(1)
    expect(await store.deleteHistory({ eventsBefore: createdAt + 60_000_000, limit: 9 })).toBe(1)
    expect(await store.findLakeCommits([id])).toEqual([])
    expect(await store.getLakeLoad(table.id, 'l')).toBeDefined()
  })
}
