import { plainText, plainTextOrNull } from '../../codec/text.ts'
import type { LakeCommitEntry, NewLakeDeed, NewLakeLineage } from '../../lake-store.ts'
import { type Query, query, rowsOf, type Steps } from '../../statement.ts'
import { storeNow } from '../fragments.ts'

/** Rows by primary key; what is there already stays as it is. */
const insertLineage: Query<[workspace: string, rows: string]> = query('insert-lake-lineage', {
  sqlite: `insert into lake_lineage (commit_id, direction, dataset, snapshot_id, workspace, root_id, task_run_id, detail, actor, at)
    select value ->> 'commitId', value ->> 'direction', value ->> 'dataset', coalesce(value ->> 'snapshotId', ''), $1,
      value ->> 'rootId', value ->> 'taskRunId', value ->> 'detail', value ->> 'actor', coalesce(value ->> 'at', ${storeNow.sqlite})
    from json_each($2) where true on conflict do nothing`,
  postgres: `insert into lake_lineage (commit_id, direction, dataset, snapshot_id, workspace, root_id, task_run_id, detail, actor, at)
    select "commitId", direction, dataset, coalesce("snapshotId", ''), $1, "rootId", "taskRunId", detail, actor,
      coalesce(at, (select ${storeNow.postgres}))
    from json_to_recordset($2::json) as r ("commitId" text, direction text, dataset text, "snapshotId" text, "rootId" uuid,
      "taskRunId" uuid, detail text, actor text, at bigint)
    on conflict do nothing`,
})

/** What a commit read and wrote, and what it changed beside that. */
export function* enterLineage(
  workspace: string,
  { id, run, lineage, createdBy, changes = [] }: LakeCommitEntry,
): Steps<void> {
  const owner = { rootId: run?.rootId ?? null, taskRunId: run?.taskRunId ?? null, actor: createdBy }
  yield* enter(workspace, [
    ...lineage.map((entry) => ({ commitId: id, ...owner, detail: null, ...entry })),
    ...changes.map((change) => ({ commitId: id, ...owner, direction: 'change', snapshotId: null, ...change })),
  ])
}

/** {@link LakeStore.recordLakeLineage} */
export function* recordLineage(workspace: string, entries: readonly NewLakeLineage[]): Steps<void> {
  yield* enter(workspace, entries)
}

/** {@link LakeStore.recordLakeDeeds} */
export function* recordDeeds(workspace: string, deeds: readonly NewLakeDeed[]): Steps<void> {
  yield* enter(
    workspace,
    deeds.map(({ id: commitId, deed: direction, ...rest }) => ({ commitId, direction, ...rest })),
  )
}

interface Entry extends Omit<NewLakeLineage, 'direction'> {
  readonly direction: string
}

function* enter(workspace: string, entries: readonly Entry[]): Steps<void> {
  if (entries.length === 0) return
  const rows = entries.map((entry) => ({
    ...entry,
    commitId: plainText(entry.commitId),
    dataset: plainText(entry.dataset),
    detail: plainTextOrNull(entry.detail),
    actor: plainTextOrNull(entry.actor ?? null),
  }))
  yield* rowsOf(insertLineage(workspace, JSON.stringify(rows)))
}
