import { plainText, plainTextOrNull } from '../../codec/text.ts'
import type { LakeCommitEntry, NewLakeLineage } from '../../lake-store.ts'
import { type Query, query, rowsOf, type Steps } from '../../statement.ts'
import { storeNow } from '../fragments.ts'

/** Rows by primary key; what is there already stays as it is. */
const insertLineage: Query<[workspace: string, rows: string]> = query('insert-lake-lineage', {
  sqlite: `insert into lake_lineage (commit_id, direction, dataset, snapshot_id, workspace, root_id, task_run_id, detail, at)
    select value ->> 'commitId', value ->> 'direction', value ->> 'dataset', coalesce(value ->> 'snapshotId', ''), $1,
      value ->> 'rootId', value ->> 'taskRunId', value ->> 'detail', ${storeNow.sqlite}
    from json_each($2) where true on conflict do nothing`,
  postgres: `insert into lake_lineage (commit_id, direction, dataset, snapshot_id, workspace, root_id, task_run_id, detail, at)
    select "commitId", direction, dataset, coalesce("snapshotId", ''), $1, "rootId", "taskRunId", detail, (select ${storeNow.postgres})
    from json_to_recordset($2::json) as r (
      "commitId" text, direction text, dataset text, "snapshotId" text, "rootId" uuid, "taskRunId" uuid, detail text)
    on conflict do nothing`,
})

/** What a commit read and wrote. */
export function* enterLineage(workspace: string, { id, run, lineage }: LakeCommitEntry): Steps<void> {
  const owner = { rootId: run?.rootId ?? null, taskRunId: run?.taskRunId ?? null }
  yield* recordLineage(
    workspace,
    lineage.map((entry) => ({ commitId: id, ...owner, detail: null, ...entry })),
  )
}

/** {@link LakeStore.recordLakeLineage} */
export function* recordLineage(workspace: string, entries: readonly NewLakeLineage[]): Steps<void> {
  if (entries.length === 0) return
  const rows = entries.map((entry) => ({
    ...entry,
    commitId: plainText(entry.commitId),
    dataset: plainText(entry.dataset),
    detail: plainTextOrNull(entry.detail),
  }))
  yield* rowsOf(insertLineage(workspace, JSON.stringify(rows)))
}
