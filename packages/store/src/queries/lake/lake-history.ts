import type { Micros } from '@sluice/core'
import { columnList } from '../../codec/columns.ts'
import {
  decodeLakeLineage,
  decodeLakeRef,
  decodeLakeSnapshot,
  type LakeLineageRow,
  type LakeRefRow,
  lakeSnapshotColumns,
  type LakeSnapshotRow,
} from '../../codec/lake-codec.ts'
import { plainText } from '../../codec/text.ts'
import type {
  LakeLineageQuery,
  LakeLineageRecord,
  LakePageQuery,
  LakeRefRecord,
  LakeSnapshotRecord,
} from '../../lake-store.ts'
import {
  clampLimit,
  emptyPage,
  numberCursor,
  numbersCursor,
  numbersCursorOf,
  pageOf,
  textCursor,
  textCursorOf,
} from '../../paging.ts'
import type { Page } from '../../records.ts'
import { type Query, query, rowsOf, type Statement, type Steps } from '../../statement.ts'

const farAway = Number.MAX_SAFE_INTEGER

/** A range of `lake_snapshot_order`, from its end. No lock. */
const selectSnapshots: Query<
  [tableId: string, before: number, limit: number],
  LakeSnapshotRow & { readonly committed_at: Micros }
> = query(
  'list-lake-snapshots',
  `select ${columnList(lakeSnapshotColumns)}, committed_at from lake_snapshot
  where table_id = $1 and sequence_number < $2 order by sequence_number desc limit $3`,
)

/** The table's range of the primary key. No lock. */
const selectRefs: Query<[tableId: string], LakeRefRow> = query(
  'list-lake-refs',
  'select name, kind, snapshot_id from lake_ref where table_id = $1 order by name',
)

export function* listLakeSnapshots(tableId: string, search: LakePageQuery): Steps<Page<LakeSnapshotRecord>> {
  const limit = clampLimit(search.limit)
  const [before = farAway] = numbersCursor(search.after, 1) ?? []
  const rows = yield* rowsOf(selectSnapshots(tableId, before, limit + 1))
  return pageOf(rows.map(decodeLakeSnapshot), limit, ({ sequenceNumber }) => numbersCursorOf(sequenceNumber))
}

export function* listLakeRefs(tableId: string): Steps<readonly LakeRefRecord[]> {
  return (yield* rowsOf(selectRefs(tableId))).map(decodeLakeRef)
}

/** {@link LakeStore.listLakeLineage} */
export function* listLakeLineage(workspace: string, search: LakeLineageQuery): Steps<Page<LakeLineageRecord>> {
  const limit = clampLimit(search.limit)
  const statement = selectLineage(workspace, search, limit + 1)
  if (statement === undefined) return emptyPage
  const rows = yield* rowsOf(statement)
  return pageOf(rows.map(decodeLakeLineage), limit, (row) =>
    textCursorOf(String(row.at), row.commitId, row.direction, row.dataset, row.snapshotId ?? ''),
  )
}

/** A range of `lake_lineage_dataset` or of `lake_lineage_run`, from its end. No lock. */
function selectLineage(
  workspace: string,
  search: LakeLineageQuery,
  limit: number,
): Statement<LakeLineageRow> | undefined {
  const [at = String(farAway), ...key] = textCursor(search.after, 5)
  const [commit = '', direction = '', dataset = '', snapshot = ''] = key.map(plainText)
  const of = search.dataset === undefined ? search.rootId : search.dataset
  if (of === undefined) return undefined
  const by = search.dataset === undefined ? 'run' : 'dataset'
  const condition = by === 'run' ? 'workspace = $1 and root_id = $2' : 'workspace = $1 and dataset = $2'
  const text = `select commit_id, direction, dataset, snapshot_id, root_id, task_run_id, detail, at from lake_lineage
    where ${condition} and direction in ('read', 'write') and (at, commit_id, direction, dataset, snapshot_id) < ($3, $4, $5, $6, $7)
    order by at desc, commit_id desc, direction desc, dataset desc, snapshot_id desc limit $8`
  const values = [workspace, plainText(of), numberCursor(at), commit, direction, dataset, snapshot, limit]
  return { name: `list-lake-lineage-${by}`, text: { sqlite: text, postgres: text }, values }
}
