import type { Micros } from '@sluice/core'
import type { VariableRecord } from '../../catalog-store.ts'
import { plainText } from '../../codec/text.ts'
import { clampLimit, pageOf, textCursor, textCursorOf } from '../../paging.ts'
import type { Page } from '../../records.ts'
import { bothTexts, firstOf, type Query, query, rowsOf, type Steps } from '../../statement.ts'
import { storeNow } from '../fragments.ts'

interface VariableRow {
  readonly name: string
  readonly value: string
  readonly created_at: Micros
  readonly updated_at: Micros
}

const columns = 'name, value, created_at, updated_at'

/** One row by primary key. No lock. */
const selectVariable: Query<[workspace: string, name: string], VariableRow> = query(
  'get-variable',
  `select ${columns} from variable where workspace = $1 and name = $2`,
)

export function* getVariable(workspace: string, name: string): Steps<VariableRecord | undefined> {
  const row = yield* firstOf(selectVariable(workspace, name))
  return row && decodeVariable(row)
}

/** A range of the primary key; the beginning of the name filters what it meets. No lock. */
const selectPage: Query<[workspace: string, after: string, prefix: string, limit: number], VariableRow> = query(
  'list-variables',
  `select ${columns} from variable
   where workspace = $1 and name > $2 and substr(name, 1, length(cast($3 as text))) = cast($3 as text)
   order by name limit $4`,
)

/** Variables in order of name. `name`: prefix. */
export function* listVariables(
  workspace: string,
  page: { readonly limit: number; readonly after?: string; readonly name?: string },
): Steps<Page<VariableRecord>> {
  const limit = clampLimit(page.limit)
  const [after = ''] = textCursor(page.after, 1)
  const rows = yield* rowsOf(selectPage(workspace, after, page.name ?? '', limit + 1))
  return pageOf(rows.map(decodeVariable), limit, ({ name }) => textCursorOf(name))
}

/** One row by primary key. */
const upsert: Query<[workspace: string, name: string, value: string], VariableRow> = query(
  'put-variable',
  bothTexts(
    (dialect) => `insert into variable (workspace, name, value, created_at, updated_at)
    values ($1, $2, $3, ${storeNow[dialect]}, ${storeNow[dialect]})
    on conflict (workspace, name) do update set value = excluded.value, updated_at = excluded.updated_at
    returning ${columns}`,
  ),
)

export function* putVariable(workspace: string, name: string, value: string): Steps<VariableRecord> {
  const row = yield* firstOf(upsert(workspace, name, plainText(value)))
  if (row === undefined) throw new Error('a variable was not written')
  return decodeVariable(row)
}

const remove: Query<[workspace: string, name: string], { name: string }> = query(
  'delete-variable',
  'delete from variable where workspace = $1 and name = $2 returning name',
)

export function* deleteVariable(workspace: string, name: string): Steps<boolean> {
  return (yield* firstOf(remove(workspace, name))) !== undefined
}

function decodeVariable(row: VariableRow): VariableRecord {
  return { name: row.name, value: row.value, createdAt: row.created_at, updatedAt: row.updated_at }
}
