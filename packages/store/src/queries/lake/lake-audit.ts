import { decodeLakeAudit, type LakeAuditRow } from '../../codec/lake-codec.ts'
import { plainText } from '../../codec/text.ts'
import type { LakeAuditQuery, LakeAuditRecord } from '../../lake-store.ts'
import { clampLimit, numberCursor, pageOf, textCursor, textCursorOf } from '../../paging.ts'
import type { Page } from '../../records.ts'
import { rowsOf, type Statement, type Steps } from '../../statement.ts'

const farAway = Number.MAX_SAFE_INTEGER

/** {@link LakeStore.listLakeAudit} */
export function* listLakeAudit(workspace: string, search: LakeAuditQuery): Steps<Page<LakeAuditRecord>> {
  const limit = clampLimit(search.limit)
  const rows = yield* rowsOf(selectAudit(workspace, search, limit + 1))
  return pageOf(rows.map(decodeLakeAudit), limit, ({ at, id, deed, dataset, snapshotId }) =>
    textCursorOf(String(at), id, deed, dataset, snapshotId ?? ''),
  )
}

/** A range of `lake_lineage_dataset`, or of `lake_lineage_time`, from its end. No lock. */
function selectAudit(workspace: string, search: LakeAuditQuery, limit: number): Statement<LakeAuditRow> {
  const [at = String(farAway), ...key] = textCursor(search.after, 5)
  const [commit = '', direction = '', dataset = '', snapshot = ''] = key.map(plainText)
  const place = [numberCursor(at), commit, direction, dataset, snapshot, limit]
  const by = search.dataset === undefined ? 'time' : 'dataset'
  const condition = by === 'time' ? '$2 = workspace' : 'dataset = $2'
  const text = `select commit_id, direction, dataset, snapshot_id, root_id, task_run_id, detail, actor, at from lake_lineage
    where workspace = $1 and ${condition} and (at, commit_id, direction, dataset, snapshot_id) < ($3, $4, $5, $6, $7)
    order by at desc, commit_id desc, direction desc, dataset desc, snapshot_id desc limit $8`
  const values = [workspace, search.dataset === undefined ? workspace : plainText(search.dataset), ...place]
  return { name: `list-lake-audit-${by}`, text: { sqlite: text, postgres: text }, values }
}
