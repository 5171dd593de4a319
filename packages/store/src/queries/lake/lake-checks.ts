import type { Micros } from '@sluice/core'
import { columnList, recordTypes } from '../../codec/columns.ts'
import { decodeLakeCheck, encodeLakeCheck, lakeCheckColumns, type LakeCheckRow } from '../../codec/lake-codec.ts'
import { plainText } from '../../codec/text.ts'
import type { LakeCheckQuery, LakeCheckRecord, NewLakeCheck } from '../../lake-store.ts'
import { clampLimit, numberCursor, pageOf, textCursor, textCursorOf } from '../../paging.ts'
import type { Page } from '../../records.ts'
import { type Query, query, rowsOf, type Steps } from '../../statement.ts'
import { storeNow } from '../fragments.ts'

type TimedRow = LakeCheckRow & { readonly root_id: string | null; readonly at: Micros }

const columns = columnList(lakeCheckColumns)
const fields = Object.keys(lakeCheckColumns)
  .map((name) => `value ->> '${name}'`)
  .join(', ')
const replaced = ['severity', 'outcome', 'failing', 'detail', 'load_id', 'root_id', 'at']
  .map((name) => `${name} = excluded.${name}`)
  .join(', ')

/** One row by primary key each; what is said again takes the place of what was said before. */
const insertChecks: Query<[checks: string, rootId: string | null, at: Micros | null]> = query('record-lake-checks', {
  sqlite: `insert into lake_check (${columns}, root_id, at) select ${fields}, $2, coalesce($3, ${storeNow.sqlite}) from json_each($1) where true
    on conflict (table_id, snapshot_id, name) do update set ${replaced}`,
  postgres: `insert into lake_check (${columns}, root_id, at)
    select ${columns}, cast($2 as uuid), coalesce(cast($3 as bigint), (select ${storeNow.postgres}))
    from json_to_recordset($1::json) as r (${recordTypes(lakeCheckColumns)})
    on conflict (table_id, snapshot_id, name) do update set ${replaced}`,
})

/** {@link LakeStore.recordLakeChecks} Names differ: no row is written twice by one statement. */
export function* recordLakeChecks(
  checks: readonly NewLakeCheck[],
  rootId: string | null,
  at: Micros | null = null,
): Steps<void> {
  if (checks.length > 0) yield* rowsOf(insertChecks(JSON.stringify(checks.map(encodeLakeCheck)), rootId, at))
}

/** A range of `lake_check_order`, from its end. No lock. */
const selectPage: Query<[tableId: string, at: Micros, snapshotId: string, name: string, limit: number], TimedRow> =
  query(
    'list-lake-checks',
    `select ${columns}, root_id, at from lake_check
    where table_id = $1 and (at, snapshot_id, name) < ($2, $3, $4) order by at desc, snapshot_id desc, name desc limit $5`,
  )

/** The snapshot's range of the primary key. No lock. */
const selectOfSnapshot: Query<[tableId: string, snapshotId: string, name: string, limit: number], TimedRow> = query(
  'list-lake-checks-of-snapshot',
  `select ${columns}, root_id, at from lake_check
  where table_id = $1 and snapshot_id = $2 and name > $3 order by name limit $4`,
)

/** {@link LakeStore.listLakeChecks} Those of one snapshot by name. */
export function* listLakeChecks(tableId: string, search: LakeCheckQuery): Steps<Page<LakeCheckRecord>> {
  const limit = clampLimit(search.limit)
  if (search.snapshotId !== undefined) {
    const [after = ''] = textCursor(search.after, 1).map(plainText)
    const rows = yield* rowsOf(selectOfSnapshot(tableId, plainText(search.snapshotId), after, limit + 1))
    return pageOf(rows.map(decodeLakeCheck), limit, ({ name }) => textCursorOf(name))
  }
  const [at = String(Number.MAX_SAFE_INTEGER), ...key] = textCursor(search.after, 3)
  const [snapshotId = '', name = ''] = key.map(plainText)
  const rows = yield* rowsOf(selectPage(tableId, numberCursor(at), snapshotId, name, limit + 1))
  return pageOf(rows.map(decodeLakeCheck), limit, (row) => textCursorOf(String(row.at), row.snapshotId, row.name))
}
