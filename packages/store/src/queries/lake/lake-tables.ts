import { decodeLakeTable, lakeTableColumns, type LakeTableRow } from '../../codec/lake-codec.ts'
import { plainText } from '../../codec/text.ts'
import type { LakeTableQuery, LakeTableRecord } from '../../lake-store.ts'
import { clampLimit, pageOf, textCursor, textCursorOf } from '../../paging.ts'
import type { Page } from '../../records.ts'
import { bothTexts, firstOf, type Query, query, rowsOf, type Steps } from '../../statement.ts'
import { storeNow } from '../fragments.ts'

/** One row of `lake_table_name`. No lock. */
const selectByName: Query<[workspace: string, name: string], LakeTableRow> = query(
  'find-lake-table',
  `select ${lakeTableColumns} from lake_table where workspace = $1 and name = $2 and dropped_at is null`,
)

/** One row by primary key. No lock. */
const selectById: Query<[id: string], LakeTableRow> = query(
  'get-lake-table',
  `select ${lakeTableColumns} from lake_table where id = $1 and dropped_at is null`,
)

/** A range of `lake_table_name`. No lock. */
const selectPage: Query<[workspace: string, from: string, before: string, after: string, limit: number], LakeTableRow> =
  query(
    'list-lake-tables',
    `select ${lakeTableColumns} from lake_table
  where workspace = $1 and name >= $2 and name < $3 and name > $4 and dropped_at is null order by name limit $5`,
  )

/** One row by primary key, while it is as expected. */
const markDropped: Query<[id: string, expectedVersion: number], { id: string }> = query(
  'drop-lake-table',
  bothTexts(
    (dialect) => `update lake_table set dropped_at = ${storeNow[dialect]}, updated_at = ${storeNow[dialect]}
    where id = $1 and version = $2 and dropped_at is null returning id`,
  ),
)

/** The table's range of the primary key: a dropped table is in no release. */
const deleteRefs: Query<[id: string]> = query(
  'drop-lake-refs',
  bothTexts(() => 'delete from lake_ref where table_id = $1'),
)

/** A range of the primary key: of a fileset that is dropped no file is found. */
const deleteFiles: Query<[id: string]> = query(
  'drop-lake-files',
  `delete from lake_file where (workspace, fileset) in (select workspace, name from lake_table where id = $1)`,
)

export function* findLakeTable(workspace: string, name: string): Steps<LakeTableRecord | undefined> {
  const row = yield* firstOf(selectByName(workspace, name))
  return row && decodeLakeTable(row)
}

export function* getLakeTable(id: string): Steps<LakeTableRecord | undefined> {
  const row = yield* firstOf(selectById(id))
  return row && decodeLakeTable(row)
}

/** {@link LakeStore.listLakeTables}. Names are of small letters, digits, `_` and `.`: `~` comes after all of them. */
export function* listLakeTables(workspace: string, search: LakeTableQuery): Steps<Page<LakeTableRecord>> {
  const limit = clampLimit(search.limit)
  const [after = ''] = textCursor(search.after, 1).map(plainText)
  const begin = plainText(search.prefix ?? (search.namespace === undefined ? '' : `${search.namespace}.`))
  const rows = yield* rowsOf(selectPage(workspace, begin, `${begin}~`, after, limit + 1))
  return pageOf(rows.map(decodeLakeTable), limit, ({ name }) => textCursorOf(name))
}

/** {@link LakeStore.dropLakeTable} */
export function* dropLakeTable(id: string, expectedVersion: number): Steps<boolean> {
  if ((yield* firstOf(markDropped(id, expectedVersion))) === undefined) return false
  yield* rowsOf(deleteRefs(id))
  yield* rowsOf(deleteFiles(id))
  return true
}
