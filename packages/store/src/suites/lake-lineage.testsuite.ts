import { expect, test } from 'vitest'
import { placeOfReads } from '../lake-store.ts'
import type { StoreHarness } from './harness.testsuite.ts'
import { committing, newTable, nextOf } from './lake-records.testsuite.ts'
import { batch, newId, rootRun, task } from './records.testsuite.ts'

/** What was read and written, by whom. */
export function lakeLineageSuite(harness: StoreHarness): void {
  test('lineage is kept with the commit: of a dataset, and of a run', async () => {
    await using database = await harness.create()
    await using store = await database.open()
    const run = rootRun()
    await store.createRun(run)
    const taskRunId = newId()
    const read = { direction: 'read', dataset: 'postgres://db/orders', snapshotId: null } as const
    const write = { direction: 'write', dataset: 'a.a', snapshotId: '7' } as const
    const table = newTable('a.a')
    const first = committing([table], { run: { rootId: run.id, epoch: 1, taskRunId }, lineage: [read, write] })
    await store.commitLake(first)
    const second = committing([nextOf(table)], { lineage: [{ ...write, snapshotId: '8' }] })
    await store.commitLake(second)
    const made = { commitId: first.commits[0].id, rootId: run.id, taskRunId }
    expect((await store.listLakeLineage({ rootId: run.id, limit: 9 })).items).toMatchObject([
      { ...write, ...made },
      { ...read, ...made },
    ])
    const page = await store.listLakeLineage({ dataset: 'a.a', limit: 1 })
    expect(page.items).toMatchObject([{ snapshotId: '8', commitId: second.commits[0].id, rootId: null }])
    const rest = await store.listLakeLineage({ dataset: 'a.a', limit: 1, after: String(page.next) })
    expect(rest).toMatchObject({ items: [{ ...write, ...made }], next: null })
    expect((await store.listLakeLineage({ rootId: 'none', limit: 1 })).items).toEqual([])
    expect((await store.listLakeLineage({ limit: 1 })).items).toEqual([])
  })

  test('the audit log has what was read, written and done, newest first, once each, and nothing of it is lineage', async () => {
    await using database = await harness.create()
    await using store = await database.open()
    const write = { direction: 'write', dataset: 'a.a', snapshotId: '7' } as const
    const commit = committing([newTable('a.a')], { lineage: [write], changes: [{ dataset: 'a.a', detail: '["tag"]' }] })
    await store.commitLake(commit)
    const nobodys = { rootId: null, taskRunId: null, detail: null }
    const look = { id: 'look:ada', deed: 'look', dataset: 'a.a', snapshotId: '7', actor: 'ada', ...nobodys } as const
    await store.recordLakeDeeds([look])
    await store.recordLakeDeeds([look, { ...look, id: 'drop:1', deed: 'drop', dataset: 'b.b', snapshotId: null }])
    const { items } = await store.listLakeAudit({ limit: 9 })
    const by = commit.commits[0].createdBy
    expect(items.map(({ deed, dataset, actor }) => `${deed} ${dataset} ${actor ?? ''}`).toSorted()).toEqual(
      ['look a.a ada', 'drop b.b ada', `change a.a ${by}`, `write a.a ${by}`].toSorted(),
    )
    for (const [index, { at }] of items.entries()) expect(at).toBeLessThanOrEqual(items[index - 1]?.at ?? Infinity)
    const paged = []
    for (let after: string | null | undefined; after !== null;) {
      const page = await store.listLakeAudit({ dataset: 'a.a', limit: 1, ...(after !== undefined && { after }) })
      paged.push(...page.items)
      after = page.next
    }
    expect(paged).toEqual(items.filter(({ dataset }) => dataset === 'a.a'))
    expect((await store.listLakeLineage({ dataset: 'a.a', limit: 9 })).items).toMatchObject([write])
  })

  test('lineage of a run beside its commits is recorded once, and traced in both directions', async () => {
    await using database = await harness.create()
    await using store = await database.open()
    const run = rootRun()
    await store.createRun(run)
    const first = task(run.id, 1)
    const second = task(run.id, 2, { upstream: { data: [first.row.id], after: [] } })
    await store.appendJournal(batch(run.id, 1, [first, second]))
    const [extract, loading] = [first.row, second.row]
    const orders = {
      commitId: placeOfReads({ rootId: run.id, taskRunId: extract.id }),
      direction: 'read',
      dataset: 'postgres://db/orders',
      snapshotId: null,
      rootId: run.id,
      taskRunId: extract.id,
      detail: '{"rows":3}',
    } as const
    await store.recordLakeLineage([orders, orders])
    await store.recordLakeLineage([orders, { ...orders, taskRunId: 'none' }])
    const write = { direction: 'write', dataset: 'a.a', snapshotId: '7' } as const
    const owned = { run: { rootId: run.id, epoch: 1, taskRunId: loading.id } }
    await store.commitLake(committing([newTable('a.a')], { ...owned, lineage: [write] }))
    const read = { direction: 'read', dataset: 'a.a', snapshotId: '7' } as const
    await store.commitLake(committing([], { lineage: [read, { ...write, dataset: 'b.b' }] }))
    expect((await store.listLakeLineage({ dataset: orders.dataset, limit: 9 })).items).toMatchObject([orders])
    const pairs = async (dataset: string, direction: 'upstream' | 'downstream'): Promise<string[]> =>
      (await store.traceLakeLineage(dataset, direction)).map((step) => `${step.read.dataset} > ${step.write.dataset}`)
    expect(await pairs('a.a', 'upstream')).toEqual(['postgres://db/orders > a.a'])
    expect(await pairs('postgres://db/orders', 'downstream')).toEqual(['postgres://db/orders > a.a'])
    expect(await pairs('a.a', 'downstream')).toEqual(['a.a > b.b'])
    expect(await pairs('b.b', 'upstream')).toEqual(['a.a > b.b'])
    expect(await pairs('b.b', 'downstream')).toEqual([])
  })
}
