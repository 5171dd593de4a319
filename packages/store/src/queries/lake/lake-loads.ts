import type { Micros } from '@sluice/core'
import { columnList } from '../../codec/columns.ts'
import { decodeLakeLoad, lakeLoadColumns, type LakeLoadRow } from '../../codec/lake-codec.ts'
import { plainText } from '../../codec/text.ts'
import type { LakeLoadRecord, LakePageQuery } from '../../lake-store.ts'
import { clampLimit, numberCursor, pageOf, textCursor, textCursorOf } from '../../paging.ts'
import type { Page } from '../../records.ts'
import { bothTexts, firstOf, listed, listOf, type Query, query, rowsOf, type Steps } from '../../statement.ts'

type TimedRow = LakeLoadRow & { readonly at: Micros }

const columns = columnList(lakeLoadColumns)

/** One row by primary key. No lock. */
const selectLoad: Query<[tableId: string, id: string], TimedRow> = query(
  'get-lake-load',
  `select ${columns}, at from lake_load where table_id = $1 and id = $2`,
)

/** A range of `lake_load_order`, from its end. No lock. */
const selectPage: Query<[tableId: string, at: Micros, id: string, limit: number], TimedRow> = query(
  'list-lake-loads',
  `select ${columns}, at from lake_load where table_id = $1 and (at, id) < ($2, $3) order by at desc, id desc limit $4`,
)

/** One look-up by primary key each. No lock. */
const selectFiles: Query<[tableId: string, branch: string, identities: string], { identity: string }> = query(
  'loaded-lake-files',
  bothTexts(
    (dialect) => `select identity from lake_load_file
    where table_id = $1 and branch = $2 and identity in ${listed('$3')[dialect]}`,
  ),
)

export function* getLakeLoad(tableId: string, id: string): Steps<LakeLoadRecord | undefined> {
  const row = yield* firstOf(selectLoad(tableId, plainText(id)))
  return row && decodeLakeLoad(row)
}

/** {@link LakeStore.listLakeLoads} */
export function* listLakeLoads(tableId: string, search: LakePageQuery): Steps<Page<LakeLoadRecord>> {
  const limit = clampLimit(search.limit)
  const [at = String(Number.MAX_SAFE_INTEGER), id = ''] = textCursor(search.after, 2)
  const rows = yield* rowsOf(selectPage(tableId, numberCursor(at), plainText(id), limit + 1))
  return pageOf(rows.map(decodeLakeLoad), limit, (load) => textCursorOf(String(load.at), load.id))
}

/** {@link LakeStore.loadedLakeFiles} */
export function* loadedLakeFiles(
  tableId: string,
  branch: string,
  identities: readonly string[],
): Steps<readonly string[]> {
  const rows = yield* rowsOf(selectFiles(tableId, plainText(branch), listOf(identities.map(plainText))))
  return rows.map(({ identity }) => identity)
}
