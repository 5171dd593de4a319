import { describe, expect, test } from 'vitest'
import { type StateName, stateOf } from '@sluice/core'
import type { RunSearch } from '../event-store.ts'
import { listEvents } from '../queries/events/list-events.ts'
import { readEvents } from '../queries/events/read-events.ts'
import { readTreeChanges } from '../queries/events/read-tree-changes.ts'
import { dueSchedules } from '../queries/schedules/due-schedules.ts'
import { countRuns } from '../queries/search/count-runs.ts'
import { searchRuns } from '../queries/search/search-runs.ts'
import { type NewRun, noOrigin } from '../records.ts'
import type { Statement, Steps } from '../statement.ts'
import type { Store } from '../store.ts'
import type { StoreHarness, TestDatabase } from './harness.testsuite.ts'
import { newId, rootRun, t0 } from './records.testsuite.ts'

const deployments = Array.from({ length: 70 }, newId)

const searches: readonly (readonly [index: RegExp, search: Partial<RunSearch>])[] = [
  [/run_list|run_pkey|sqlite_autoindex_run_1/, {}],
  [/run_list_flow\b/, { flow: 'flow-1' }],
  [/run_list_state\b/, { states: ['failed', 'running'] }],
  [/run_list_flow_state\b/, { flow: 'flow-1', states: ['failed'] }],
  [/run_list_deployment\b/, { deploymentId: String(deployments[1]) }],
  [/run_list_deployment_state\b/, { deploymentId: String(deployments[1]), states: ['failed'] }],
  [/run_list_flow\b/, { flow: 'flow-1', createdAfter: 1, createdBefore: t0 }],
  [/run_list_started_by\b/, { startedBy: newId() }],
  [/run_list_name\b/, { name: 'name-1' }],
  [/run_tag_pkey|run_tag USING PRIMARY KEY/, { tag: 'tag-1', createdBefore: 4e15 }],
]

/** Which index serves what: a search that reads more than it gives is slow once there are millions of runs. */
export function planSuite(harness: StoreHarness): void {
  describe('plans', () => {
    test('every search and every count is a range of an index', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      await fill(store)
      for (const [index, search] of searches) {
        const found = await planOf(database, searchRuns({ limit: 50, ...search }))
        expect(found).toMatch(index)
        expect(found).not.toMatch(readAll)
        expect(found).not.toMatch(/-> +Sort /)
        const counted = await planOf(database, countRuns(search, 1000))
        // In no order: a longer index with the same beginning does as well.
        expect(counted).toMatch(new RegExp(index.source.replaceAll(String.raw`\b`, '')))
        expect(counted).not.toMatch(readAll)
      }
    })

    test('what a scheduler and the streams ask again and again is a range of an index', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      await fill(store)
      const rootId = newId()
      const plans: readonly (readonly [index: RegExp, steps: Steps<unknown>, answers: readonly unknown[]])[] = [
        [/schedule_due/, dueSchedules(9), []],
        [/schedule_due/, dueSchedules(9), [{ now: 5, next_at: 1 }]],
        [/event_pkey|INTEGER PRIMARY KEY/, readEvents({ after: 1, limit: 9 }), [{ horizon: 90 }]],
        [/event_root/, readEvents({ after: 1, limit: 9, rootId }), [{ horizon: 90 }]],
        [/event_name|event_match/, listEvents({ limit: 9, name: 'a' }), []],
        [/event_match/, listEvents({ limit: 9, name: 'a', key: 'k', since: 1 }), []],
        [/event_name/, listEvents({ limit: 9, name: 'a.' }), [{ name: 'a.b' }]],
        [/event_root/, listEvents({ limit: 9, rootId, key: 'k' }), []],
        [/run_child_seq/, readTreeChanges({ rootId, after: 1, limit: 9 }), [{ journal_seq: 9 }]],
      ]
      for (const [index, steps, answers] of plans) {
        const plan = await planOf(database, steps, answers)
        expect(plan).toMatch(index)
        expect(plan).not.toMatch(readAll)
      }
    })
  })
}

/** A whole table, or a whole index: SQLite says `SCAN` of either; a sub-query that is read once more is none. */
const readAll =
  /Seq Scan on|SCAN (?:run|run_tag|event|schedule|task_run)\b(?! USING INDEX schedule_due| USING COVERING INDEX schedule_due)/

/** The plan of the last statement that these steps take, when those before it are answered by one row each. */
function planOf(database: TestDatabase, steps: Steps<unknown>, answers: readonly unknown[] = []): Promise<string> {
  let next = steps.next([])
  for (const answer of answers) next = steps.next([answer])
  return database.plan(next.value as Statement)
}

async function fill(store: Store): Promise<void> {
  // As in life: nearly all completed.
  const states: readonly StateName[] = ['Failed', 'Running', 'Cancelled']
  const runs = Array.from({ length: 2000 }, (_, index): NewRun => {
    const state = stateOf(states[index % 100] ?? 'Completed', t0)
    return rootRun({
      state,
      flow: `flow-${index % 70}`,
      name: `name-${index % 50}`,
      tags: [`tag-${index % 70}`],
      owner: null,
      origin: originOf(index),
    })
  })
  await store.createRuns(runs.map((run) => ({ run, dispatch: null })))
  await store.vacuum()
}

const originOf = (index: number): NonNullable<NewRun['origin']> => ({
  ...noOrigin,
  deploymentId: deployments[index % 70] ?? null,
  startedBy: newId(),
})
