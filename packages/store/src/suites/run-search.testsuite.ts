import { describe, expect, test } from 'vitest'
import { type StateName, stateOf } from '@sluice/core'
import type { RunSearch } from '../event-store.ts'
import { type NewRun, noOrigin, type RunOrigin } from '../records.ts'
import type { Store } from '../store.ts'
import { expectCode, type StoreHarness } from './harness.testsuite.ts'
import { newId, rootRun, t0 } from './records.testsuite.ts'

const origin = (fields: Partial<RunOrigin>): RunOrigin => ({ ...noOrigin, ...fields })

const inState = (name: StateName): Partial<NewRun> => ({ state: stateOf(name, t0) })

/** Runs by filters, and how many there are. */
export function runSearchSuite(harness: StoreHarness): void {
  describe('searching runs', () => {
    test('finds by flow, states, deployment and who started them, newest first, and counts the same', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const [one, two, starter] = [newId(), newId(), newId()]
      const of = (deploymentId: string, name: StateName) => ({ origin: origin({ deploymentId }), ...inState(name) })
      const ids = await create(store, [
        { ...of(one, 'Failed') },
        { ...of(one, 'Running') },
        { ...of(two, 'Failed'), flow: 'load' },
        { ...inState('Failed'), origin: origin({ startedBy: starter }) },
        { ...inState('Crashed'), flow: 'load' },
      ])
      const found = finder(store, ids)
      expect(await found({})).toEqual([4, 3, 2, 1, 0])
      expect(await found({ flow: 'load' })).toEqual([4, 2])
      expect(await found({ states: ['failed', 'crashed'] })).toEqual([4, 3, 2, 0])
      expect(await found({ states: ['failed', 'crashed'], flow: 'ingest' })).toEqual([3, 0])
      expect(await found({ states: [] })).toEqual([])
      expect(await found({ deploymentId: one })).toEqual([1, 0])
      expect(await found({ deploymentId: one, states: ['failed', 'running', 'failed'] })).toEqual([1, 0])
      expect(await found({ deploymentId: one, states: ['failed'] })).toEqual([0])
      expect(await found({ deploymentId: two, flow: 'load' })).toEqual([2])
      expect(await found({ deploymentId: two, flow: 'ingest' })).toEqual([])
      expect(await found({ startedBy: starter })).toEqual([3])
      expect(await found({ deploymentId: 'none' })).toEqual([])
      expect(await found({ workspace: 'lab' })).toEqual([])
    })

    test('finds by time to the millisecond of the id, with every other range', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const idAt = (ms: number): string => {
        const digits = ms.toString(16).padStart(12, '0')
        return `${digits.slice(0, 8)}-${digits.slice(8)}-7000-8000-00000000000a`
      }
      const times = [1_000_000, 1_000_001, 1_000_002]
      const ids = await create(
        store,
        times.map((ms) => ({ id: idAt(ms), tags: ['x'] })),
      )
      const found = finder(store, ids)
      const at = (ms: number): number => ms * 1000
      expect(await found({ createdAfter: at(1_000_001) })).toEqual([2, 1])
      expect(await found({ createdAfter: at(1_000_001) + 999 })).toEqual([2, 1])
      expect(await found({ createdBefore: at(1_000_001) })).toEqual([0])
      expect(await found({ createdBefore: at(1_000_001) + 1 })).toEqual([1, 0])
      const within = { createdAfter: at(1_000_001), createdBefore: at(1_000_002) }
      expect(await found({ ...within, flow: 'ingest', states: ['running'] })).toEqual([1])
      expect(await found({ ...within, tag: 'x' })).toEqual([1])
      expect(await found({ createdAfter: -5, createdBefore: 2 ** 60 })).toEqual([2, 1, 0])
    })

    test('finds by tag, whoever made the run', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const ids = await create(store, [{ tags: ['a', 'b', 'a'] }, { tags: [] }, { tags: ['b'] }])
      const found = finder(store, ids)
      expect(await found({ tag: 'a' })).toEqual([0])
      expect(await found({ tag: 'b' })).toEqual([2, 0])
      expect(await found({ tag: 'A' })).toEqual([])
    })

    test('finds by the beginning of a name, in order of names', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const names = ['nightly 2', 'Nightly', 'nightly 10', null, 'nightly 2', 'night', 'nightlyé', 'nightmare']
      const ids = await create(
        store,
        names.map((name) => ({ name })),
      )
      const found = finder(store, ids)
      expect(await found({ name: 'nightly' })).toEqual([2, 0, 4, 6])
      expect(await found({ name: 'nightly 2' })).toEqual([0, 4])
      expect(await found({ name: 'night' })).toEqual([5, 2, 0, 4, 6, 7])
      expect(await found({ name: 'night%' })).toEqual([])
      expect(await found({ name: '' })).toEqual([1, 5, 2, 0, 4, 6, 7])
    })

    test('refuses filters that no index serves together, and says which', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const unserved: Partial<RunSearch>[] = [
        { tag: 'a', flow: 'ingest' },
        { tag: 'a', states: ['failed'] },
        { name: 'a', flow: 'ingest' },
        { name: 'a', createdAfter: 1 },
        { startedBy: newId(), states: ['failed'] },
        { deploymentId: newId(), startedBy: newId() },
      ]
      for (const filter of unserved) {
        await expectCode(store.searchRuns({ limit: 1, ...filter }), 'FILTER_UNSUPPORTED')
        await expectCode(store.countRuns(filter, 10), 'FILTER_UNSUPPORTED')
      }
      await expect(store.countRuns({ tag: 'a', flow: 'x' }, 1)).rejects.toMatchObject({
        details: { filter: 'tag', unserved: ['flow'] },
      })
    })

    test('refuses a cursor that no page gave out, and a state that does not exist', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      await expectCode(store.searchRuns({ limit: 1, after: "' or 1=1 --" }), 'OPTION_INVALID')
      await expectCode(store.searchRuns({ limit: 1, name: 'a', after: newId() }), 'OPTION_INVALID')
      await expectCode(store.searchRuns({ limit: 1, states: ["'"] as never }), 'OPTION_INVALID')
    })

    test('counts no further than it is asked to', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      await create(store, [
        inState('Failed'),
        inState('Running'),
        { ...inState('Failed'), tags: ['a'] },
        { tags: ['a'] },
      ])
      expect(await store.countRuns({}, 3)).toBe(3)
      expect(await store.countRuns({}, 9)).toBe(4)
      expect(await store.countRuns({ states: ['failed', 'running'] }, 3)).toBe(3)
      expect(await store.countRuns({ tag: 'a' }, 1)).toBe(1)
      expect(await store.countRuns({ name: 'brave' }, 2)).toBe(2)
      expect(await store.countRuns({}, 0)).toBe(0)
    })
  })
}

async function create(store: Store, runs: readonly Partial<NewRun>[]): Promise<string[]> {
  const made = runs.map((fields) => rootRun(fields))
  for (const run of made) await store.createRun(run)
  return made.map((run) => run.id)
}

/** Finds by pages of two, and checks that the count agrees. Runs are told by the order in which they were made. */
function finder(store: Store, ids: readonly string[]): (filter: Partial<RunSearch>) => Promise<number[]> {
  return async (filter) => {
    const found: number[] = []
    for (let after: string | null = ''; after !== null;) {
      const page = await store.searchRuns({ limit: 2, ...filter, ...(after === '' ? {} : { after }) })
      found.push(...page.items.map((run) => ids.indexOf(run.id)))
      after = page.next
    }
    expect(await store.countRuns(filter, 100)).toBe(found.length)
    return found
  }
}
