import { describe, expect, test } from 'vitest'
import { commitLake } from '../queries/lake/commit-lake.ts'
import { releaseWriters } from '../queries/lake/writer-fence.ts'
import { findLakeCommits } from '../queries/lake/find-lake-commits.ts'
import { listLakeAudit } from '../queries/lake/lake-audit.ts'
import { listLakeLineage, listLakeRefs, listLakeSnapshots } from '../queries/lake/lake-history.ts'
import { listLakeChecks } from '../queries/lake/lake-checks.ts'
import { getLakeIncident, listLakeIncidents, openLakeIncident } from '../queries/lake/lake-incidents.ts'
import { getLakeLoad, listLakeLoads, loadedLakeFiles } from '../queries/lake/lake-loads.ts'
import { findLakeTable, getLakeTable, listLakeTables } from '../queries/lake/lake-tables.ts'
import { traceLineage } from '../queries/lake/trace-lineage.ts'
import { defaultWorkspace as workspace } from '../store.ts'
import type { Statement, Steps } from '../statement.ts'
import type { Store } from '../store.ts'
import type { StoreHarness } from './harness.testsuite.ts'
import { check, committing, incident, load, newTable, nextOf, snapshot } from './lake-records.testsuite.ts'
import { newId } from './records.testsuite.ts'

const id = newId()
const page = { limit: 9 }
const next = committing([nextOf(newTable('a.a'), { removedSnapshots: ['1'] })], {
  run: { rootId: id, epoch: 1, taskRunId: null },
  loads: [load(id, 'l', { files: ['x'] })],
})
const row = { id, name: 'a.a', version: 2 }

const written = { commit_id: 'c', dataset: 'a.a', snapshot_id: '7', root_id: id, task_run_id: id }
const read = { ...written, commit_id: `task:${id}` }

/** Steps with what the statements before answer, and the index that serves the next one. */
const plans: readonly (readonly [index: RegExp, steps: () => Steps<unknown>, answers?: readonly unknown[]])[] = [
  [/lake_commit_pkey|lake_commit_1/, () => findLakeCommits([id])],
  [/lake_commit_pkey|lake_commit_1/, () => releaseWriters([id])],
  [/run_pkey|run_tree|run_1/, () => commitLake(workspace, next), [{ id }, { id }]],
  [/lake_table_pkey|lake_table_1/, () => commitLake(workspace, next), [{ id }, { id }, { epoch: 1 }]],
  [/lake_snapshot_pkey|lake_snapshot_1/, () => commitLake(workspace, next), [{ id }, { id }, { epoch: 1 }, row]],
  [/lake_ref_pkey|PRIMARY KEY/, () => commitLake(workspace, next), [{ id }, { id }, { epoch: 1 }, row, undefined]],
  [/lake_table_name/, () => findLakeTable(workspace, 'a.a')],
  [/lake_table_pkey|lake_table_1/, () => getLakeTable(id)],
  [/lake_table_name/, () => listLakeTables(workspace, { ...page, namespace: 'a' })],
  [/lake_snapshot_order/, () => listLakeSnapshots(id, page)],
  [/lake_ref_pkey|PRIMARY KEY/, () => listLakeRefs(id)],
  [/lake_load_pkey|lake_load_order|lake_load_1/, () => getLakeLoad(id, 'l')],
  [/lake_load_order/, () => listLakeLoads(id, page)],
  [/lake_load_file_pkey|PRIMARY KEY/, () => loadedLakeFiles(id, 'main', ['x'])],
  [/lake_check_order/, () => listLakeChecks(id, page)],
  [/lake_check_pkey|lake_check_order|lake_check_1/, () => listLakeChecks(id, { ...page, snapshotId: '7' })],
  [/lake_incident_pkey|lake_incident_1/, () => getLakeIncident(workspace, id)],
  [
    /lake_incident_once|lake_incident_table/,
    () => openLakeIncident(workspace, incident('a.a', 'l'), null),
    [undefined],
  ],
  [/lake_incident_order/, () => listLakeIncidents(workspace, page)],
  [/lake_incident_(?:state|order)/, () => listLakeIncidents(workspace, { ...page, state: 'open' })],
  [/lake_incident_(?:table|once)/, () => listLakeIncidents(workspace, { ...page, table: 'a.a' })],
  [/lake_lineage_dataset/, () => listLakeLineage(workspace, { ...page, dataset: 'a.a' })],
  [/lake_lineage_dataset/, () => listLakeAudit(workspace, { ...page, dataset: 'a.a' })],
  [/lake_lineage_time/, () => listLakeAudit(workspace, page)],
  [/lake_lineage_run/, () => listLakeLineage(workspace, { ...page, rootId: id })],
  [/lake_lineage_dataset/, () => traceLineage(workspace, 'a.a', 'upstream')],
  [/task_run_pkey|task_run_1/, () => traceLineage(workspace, 'a.a', 'upstream'), [written]],
  [/lake_lineage_pkey|PRIMARY KEY/, () => traceLineage(workspace, 'a.a', 'upstream'), [written, undefined]],
  [/lake_lineage_pkey|PRIMARY KEY/, () => traceLineage(workspace, 'a.a', 'downstream'), [read]],
  [/lake_lineage_run/, () => traceLineage(workspace, 'a.a', 'downstream'), [read, undefined]],
]

/** Which index serves what the catalogue asks. */
export function lakePlanSuite(harness: StoreHarness): void {
  describe('plans of the lake', () => {
    test('no commit and no list reads a whole table', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      await fill(store)
      for (const [index, steps, answers = []] of plans) {
        const plan = await database.plan(statementOf(steps(), answers))
        expect(plan).toMatch(index)
        expect(plan).not.toMatch(/Seq Scan|SCAN (?!json_each|r\b)/)
      }
    })
  })
}

function statementOf(steps: Steps<unknown>, answers: readonly unknown[]): Statement {
  let step = steps.next([])
  for (const answer of answers) step = steps.next(answer === undefined ? [] : [answer])
  return step.value as Statement
}

/** Many tables, and one with a long history: what is few is read in any order. */
async function fill(store: Store): Promise<void> {
  const refs = [{ name: 'main', kind: 'branch', snapshotId: '1' }] as const
  const many = Array.from({ length: 500 }, (_, index) => index)
  const table = newTable('a.a', { refs, addedSnapshots: many.map((index) => snapshot(index + 1)) })
  const tables = [table, ...many.slice(0, 100).map((index) => newTable(`a.t${index}`, { refs }))]
  const loads = many.map((index) => load(table.id, `l${index}`, { files: [`f${index}`] }))
  await store.commitLake(committing(tables, { loads }))
  for (let index = 2; index < 60; index += 1) {
    // One dataset among many: of a log that is nearly all of one, its end is as quick by time.
    const others = many.slice(0, 20).map((other) => `a.t${other}`)
    const lineage = [table.name, ...others].map((dataset) => {
      return { direction: 'write', dataset, snapshotId: String(index) } as const
    })
    await store.commitLake(committing([], { lineage }))
  }
  const checked = many.map((index) => check(table.id, `c${index % 10}`, { snapshotId: String(index) }))
  await store.recordLakeChecks(checked, null)
  const incidents = many.map((index) => incident(`a.t${index % 100}`, `l${index}`))
  await store.commitLake(committing([], { incidents }))
  await store.vacuum()
}
