import { SluiceError } from '@sluice/core'
import { parseColumn, plainText, plainTextOrNull } from '../../codec/text.ts'
import type { LakeViewRecord, NewLakeView } from '../../lake-store.ts'
import type { Micros } from '@sluice/core'
import { bothTexts, firstOf, listOf, type Query, query, rowsOf, type Steps } from '../../statement.ts'
import { storeNow } from '../fragments.ts'

interface ViewRow {
  readonly name: string
  readonly query: string
  readonly description: string | null
  readonly reads: string
  readonly created_by: string
  readonly created_at: Micros
  readonly updated_at: Micros
}

const columns = 'name, query, description, reads, created_by, created_at, updated_at'

/** One row by primary key. No lock. */
const selectView: Query<[workspace: string, name: string], ViewRow> = query(
  'find-lake-view',
  `select ${columns} from lake_view where workspace = $1 and name = $2`,
)

/** A range of the primary key. No lock. */
const selectViews: Query<[workspace: string, from: string, before: string], ViewRow> = query(
  'list-lake-views',
  `select ${columns} from lake_view where workspace = $1 and name >= $2 and name < $3 order by name`,
)

/** One row by primary key, unless there is a table of its name in `lake_table_name`. */
const upsertView: Query<
  [
    workspace: string,
    name: string,
    text: string,
    description: string | null,
    search: string,
    createdBy: string,
    reads: string,
    createdAt: Micros | null,
    updatedAt: Micros | null,
  ],
  ViewRow
> = query(
  'put-lake-view',
  bothTexts(
    (
      dialect,
    ) => `insert into lake_view (workspace, name, query, description, search_text, created_by, reads, created_at, updated_at)
    select cast($1 as text), cast($2 as text), cast($3 as text), cast($4 as text), cast($5 as text), cast($6 as text),
      cast($7 as text), coalesce(cast($8 as bigint), ${storeNow[dialect]}), coalesce(cast($9 as bigint), ${storeNow[dialect]})
    where not exists (select 1 from lake_table where workspace = $1 and name = $2 and dropped_at is null)
    on conflict (workspace, name) do update set query = excluded.query, description = excluded.description,
      reads = excluded.reads, search_text = excluded.search_text, updated_at = excluded.updated_at
    returning ${columns}`,
  ),
)

const removeView: Query<[workspace: string, name: string], { name: string }> = query(
  'delete-lake-view',
  'delete from lake_view where workspace = $1 and name = $2 returning name',
)

export function* findLakeView(workspace: string, name: string): Steps<LakeViewRecord | undefined> {
  const row = yield* firstOf(selectView(workspace, plainText(name)))
  return row && viewOf(row)
}

/** Names are of small letters, digits, `_` and `.`: `~` comes after all of them. */
export function* listLakeViews(workspace: string, prefix: string): Steps<readonly LakeViewRecord[]> {
  const begin = plainText(prefix)
  return (yield* rowsOf(selectViews(workspace, begin, `${begin}~`))).map(viewOf)
}

/** {@link LakeStore.putLakeView} */
export function* putLakeView(workspace: string, view: NewLakeView): Steps<LakeViewRecord> {
  const { name, description, createdBy, times } = view
  const texts = [plainText(view.query), plainTextOrNull(description), plainText(view.searchText)] as const
  const at = [times?.createdAt ?? null, times?.updatedAt ?? null] as const
  const row = yield* firstOf(
    upsertView(workspace, name, ...texts, plainText(createdBy), listOf(view.reads.map(plainText)), ...at),
  )
  if (row === undefined) throw new SluiceError('TABLE_EXISTS', { table: name })
  return viewOf(row)
}

export function* deleteLakeView(workspace: string, name: string): Steps<boolean> {
  return (yield* firstOf(removeView(workspace, plainText(name)))) !== undefined
}

const viewOf = (row: ViewRow): LakeViewRecord => ({
  name: row.name,
  query: row.query,
  description: row.description,
  reads: parseColumn<readonly string[]>(row.reads, []),
  createdBy: row.created_by,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})
