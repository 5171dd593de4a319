import { deleteRows } from '../table/delete-rows.ts'
import type { OpenLake } from '../table/lake.ts'
import { rowsCondition } from '../table/plan-load.ts'
import { requireWritable } from '../table/quarantine-table.ts'
import { findView, scanView } from '../table/read-rows.ts'
import type { ChangeResult } from '../table/types.ts'

type Where = Readonly<Record<string, unknown>>

/** How many rows a deletion would take. Throws `TABLE_NOT_FOUND`, `TABLE_COLUMN_UNKNOWN`, `OPTION_INVALID`. */
export async function countRowsOf(lake: OpenLake, table: string, where: Where): Promise<number> {
  const view = await findView(lake, table, undefined)
  const { sql, predicate } = rowsCondition(table, view.schema, where)
  await using scan = await scanView(lake, view, predicate)
  await using session = await (await lake.duck()).session()
  const [found] = await session.all<{ n: number }>(`SELECT count(*) AS n FROM ${scan.item} WHERE ${sql}`)
  return found?.n ?? 0
}

/** Deletes rows outside of any run, as one new version. */
export async function deleteFromTable(lake: OpenLake, table: string, where: Where): Promise<ChangeResult> {
  requireWritable(table)
  const loadId = lake.platform.newId()
  const result = await deleteRows({ lake, table, where, branch: 'main', loadId, tableOptions: {}, context: undefined })
  return result as ChangeResult
}
