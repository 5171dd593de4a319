import { describe, expect, test } from 'vitest'
import { type StateName, stateOf } from '@sluice/core'
import type { RunQuery, Store } from '../store.ts'
import { expectCode, type StoreHarness } from './harness.testsuite.ts'
import { batch, child, newId, rootRun, t0 } from './records.testsuite.ts'

/** The run list. */
export function runListSuite(harness: StoreHarness): void {
  describe('the run list', () => {
    test('gives root runs from new to old, and its pages meet without gap or overlap', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const ids = await createRuns(store, ['Running', 'Failed', 'Completed', 'Failed', 'Running'])
      expect(await pages(store, { limit: 2 })).toEqual([
        ids.slice(3).toReversed(),
        ids.slice(1, 3).toReversed(),
        [ids[0]],
      ])
    })

    test('has no next page when the last row is on this one', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      await createRuns(store, ['Running', 'Running'])
      expect((await store.listRuns({ limit: 2 })).next).toBeNull()
    })

    test('merges several states in order', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const ids = await createRuns(store, ['Failed', 'Running', 'Crashed', 'Completed', 'TimedOut'])
      const found = await pages(store, { limit: 2, states: ['failed', 'crashed', 'failed'] })
      expect(found).toEqual([[ids[4], ids[2]], [ids[0]]])
      expect(await pages(store, { limit: 2, states: [] })).toEqual([[]])
    })

    test('keeps to a flow, with states and without', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const [first] = await createRuns(store, ['Failed', 'Running'], { flow: 'a' })
      await createRuns(store, ['Failed', 'Running'], { flow: 'b' })
      expect((await pages(store, { limit: 9, flow: 'a' })).flat()).toHaveLength(2)
      expect(await pages(store, { limit: 9, flow: 'a', states: ['failed'] })).toEqual([[first]])
      expect(await pages(store, { limit: 9, flow: "a' or 1=1 --" })).toEqual([[]])
    })

    test('keeps to a workspace', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const [own] = await createRuns(store, ['Running'])
      const [other] = await createRuns(store, ['Running'], { workspace: 'lab' })
      expect(await pages(store, { limit: 9 })).toEqual([[own]])
      expect(await pages(store, { limit: 9, workspace: 'lab' })).toEqual([[other]])
    })

    test('of one tree has the root and its child runs, which are in no other list', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const root = rootRun()
      await store.createRun(root)
      const parts = [child(root, 1), child(root, 2, { state: stateOf('Failed', t0) })]
      await store.appendJournal(batch(root.id, 1, parts))
      const [first, second] = parts.map((part) => part.row.id)
      expect(await pages(store, { limit: 2, rootId: root.id })).toEqual([[second, first], [root.id]])
      expect(await pages(store, { limit: 9, rootId: root.id, states: ['failed'] })).toEqual([[second]])
      expect(await pages(store, { limit: 1, rootId: root.id, root: false })).toEqual([[second], [first]])
      expect(await pages(store, { limit: 9, rootId: root.id, parentId: root.id })).toEqual([[second, first]])
      expect(await pages(store, { limit: 9, rootId: root.id, parentId: newId() })).toEqual([[]])
      expect(await pages(store, { limit: 9 })).toEqual([[root.id]])
    })

    test('never gives more than 1 000 rows, nor fewer than one', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      await createRuns(
        store,
        Array.from({ length: 1001 }, (): StateName => 'Running'),
      )
      expect((await store.listRuns({ limit: 5000 })).items).toHaveLength(1000)
      expect((await store.listRuns({ limit: 0 })).items).toHaveLength(1)
      expect((await store.listRuns({ limit: Number.NaN })).items).toHaveLength(1)
    })

    test('refuses a cursor that no page gave out, and a state that does not exist', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      await expectCode(store.listRuns({ limit: 1, after: "' or 1=1 --" }), 'OPTION_INVALID')
      await expectCode(store.listRuns({ limit: 1, states: ["'"] as never }), 'OPTION_INVALID')
      for (const after of ['-1', '1e3', '', '99999999999999999999', 'x']) {
        await expectCode(store.listTaskRuns({ rootId: newId(), limit: 1, after }), 'OPTION_INVALID')
        await expectCode(store.listLogs({ rootId: newId(), limit: 1, after }), 'OPTION_INVALID')
      }
    })
  })
}

async function createRuns(store: Store, states: readonly StateName[], fields = {}): Promise<string[]> {
  const runs = states.map((name) => rootRun({ state: stateOf(name, t0), ...fields }))
  for (const run of runs) await store.createRun(run)
  return runs.map((run) => run.id)
}

async function pages(store: Store, query: RunQuery): Promise<string[][]> {
  const found: string[][] = []
  for (let after: string | null = ''; after !== null;) {
    const page = await store.listRuns(after === '' ? query : { ...query, after })
    found.push(page.items.map((run) => run.id))
    after = page.next
  }
  return found
}
