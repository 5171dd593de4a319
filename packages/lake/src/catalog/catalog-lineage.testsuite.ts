import { describe, expect, test } from 'vitest'
import { expectCode } from '../testing/expect-code.testsupport.ts'
import type { CatalogHarness } from './lake-catalog.testsuite.ts'
import { appendRows, createTable } from './test-table.testsupport.ts'

/** How a catalogue tells what was made of what. */
export function lineageSuite(harness: CatalogHarness): void {
  describe('lineage', () => {
    test('goes from what a task read, through what it wrote, to what was made of that', async () => {
      await using lake = await harness.create()
      const [a, b] = [await createTable(lake, 'a.a'), await createTable(lake, 'b.b')]
      const { owner } = await lake.startRun()
      const { epoch: _, ...task } = owner
      const record = { ...task, direction: 'read', dataset: 'postgres://db/orders', detail: { rows: 3 } } as const
      await lake.catalog.recordLineage([record, { ...record, dataset: 'c.c', snapshotId: 7n }])
      await lake.catalog.recordLineage([record])
      await appendRows(lake, a, ['1'], { owner })
      await appendRows(lake, b, ['1'], { reads: [{ dataset: 'a.a', snapshotId: 8n }] })
      const graph = await lake.catalog.lineage({ dataset: 'b.b', direction: 'upstream' })
      const run = { runId: owner.rootId, taskRunId: owner.taskRunId }
      expect(graph).toMatchObject({ dataset: 'b.b', direction: 'upstream', cut: false })
      expect(graph.links.toSorted((one, other) => one.from.localeCompare(other.from))).toMatchObject([
        { from: 'a.a', fromSnapshot: '8', to: 'b.b', writes: 1 },
        { from: 'c.c', fromSnapshot: '7', to: 'a.a', ...run },
        { from: 'postgres://db/orders', to: 'a.a', ...run },
      ])
      expect((await lake.catalog.lineage({ dataset: 'b.b', direction: 'upstream', depth: 1 })).links).toHaveLength(1)
      const down = await lake.catalog.lineage({ dataset: 'c.c', direction: 'downstream' })
      expect(down.links.map(({ from, to }) => [from, to])).toEqual([
        ['c.c', 'a.a'],
        ['a.a', 'b.b'],
      ])
      await expectCode(lake.catalog.lineage({ dataset: 'x.x', direction: 'upstream' }), 'TABLE_NOT_FOUND')
    })
  })
}
