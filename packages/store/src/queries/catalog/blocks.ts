import type { Micros } from '@sluice/core'
import type { BlockRecord } from '../../catalog-store.ts'
import { plainText } from '../../codec/text.ts'
import { clampLimit, pageOf, textCursor, textCursorOf } from '../../paging.ts'
import type { Page } from '../../records.ts'
import { bothTexts, firstOf, type Query, query, rowsOf, type Steps } from '../../statement.ts'
import { storeNow } from '../fragments.ts'

interface BlockRow {
  readonly id: string
  readonly kind: string
  readonly name: string
  readonly fields: string
  readonly secrets: string | null
  readonly created_at: Micros
  readonly updated_at: Micros
}

const columns = 'id, kind, name, fields, secrets, created_at, updated_at'

/** One row of `block_name`. No lock. */
const selectBlock: Query<[workspace: string, kind: string, name: string], BlockRow> = query(
  'get-block',
  `select ${columns} from block where workspace = $1 and kind = $2 and name = $3`,
)

export function* getBlock(workspace: string, kind: string, name: string): Steps<BlockRecord | undefined> {
  const row = yield* firstOf(selectBlock(workspace, kind, name))
  return row && decodeBlock(row)
}

/** A range of `block_name`. No lock. */
const selectPage: Query<[workspace: string, kind: string, name: string, limit: number], BlockRow> = query(
  'list-blocks',
  `select ${columns} from block where workspace = $1 and (kind, name) > ($2, $3) order by kind, name limit $4`,
)
const selectPageOfKind: Query<[workspace: string, kind: string, name: string, limit: number], BlockRow> = query(
  'list-blocks-of-kind',
  `select ${columns} from block where workspace = $1 and kind = $2 and name > $3 order by kind, name limit $4`,
)

/** Blocks in order of kind and name. */
export function* listBlocks(
  workspace: string,
  page: { readonly limit: number; readonly after?: string; readonly kind?: string },
): Steps<Page<BlockRecord>> {
  const limit = clampLimit(page.limit)
  const [kind = '', name = ''] = textCursor(page.after, 2)
  const rows = yield* rowsOf(
    page.kind === undefined
      ? selectPage(workspace, kind, name, limit + 1)
      : selectPageOfKind(workspace, page.kind, name, limit + 1),
  )
  return pageOf(rows.map(decodeBlock), limit, (block) => textCursorOf(block.kind, block.name))
}

/** One row of `block_name`. */
const upsert: Query<
  [id: string, workspace: string, kind: string, name: string, fields: string, secrets: string | null],
  BlockRow
> = query(
  'put-block',
  bothTexts(
    (dialect) => `insert into block (id, workspace, kind, name, fields, secrets, created_at, updated_at)
    values ($1, $2, $3, $4, $5, $6, ${storeNow[dialect]}, ${storeNow[dialect]})
    on conflict (workspace, kind, name) do update set fields = excluded.fields, secrets = excluded.secrets,
      updated_at = excluded.updated_at
    returning ${columns}`,
  ),
)

export function* putBlock(
  workspace: string,
  newId: string,
  block: Pick<BlockRecord, 'kind' | 'name' | 'fields' | 'secrets'>,
): Steps<BlockRecord> {
  const { kind, name, fields, secrets } = block
  const row = yield* firstOf(upsert(newId, workspace, kind, name, plainText(fields), secrets))
  if (row === undefined) throw new Error('a block was not written')
  return decodeBlock(row)
}

const remove: Query<[workspace: string, kind: string, name: string], { id: string }> = query(
  'delete-block',
  'delete from block where workspace = $1 and kind = $2 and name = $3 returning id',
)

export function* deleteBlock(workspace: string, kind: string, name: string): Steps<boolean> {
  return (yield* firstOf(remove(workspace, kind, name))) !== undefined
}

/** One row by primary key, in order of ids: two rotations at once cannot deadlock. What was saved anew meanwhile stays. */
const reseal: Query<[id: string, before: string, after: string], { id: string }> = query(
  'reseal-block',
  'update block set secrets = $3 where id = $1 and secrets = $2 returning id',
)

/** {@link CatalogStore.resealBlocks} */
export function* resealBlocks(
  changes: readonly { readonly id: string; readonly before: string; readonly after: string }[],
): Steps<number> {
  let resealed = 0
  for (const { id, before, after } of changes.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
    resealed += (yield* rowsOf(reseal(id, before, after))).length
  }
  return resealed
}

function decodeBlock(row: BlockRow): BlockRecord {
  return {
    id: row.id,
    kind: row.kind,
    name: row.name,
    fields: row.fields,
    secrets: row.secrets,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
