import type { TableChange } from '../catalog/lake-catalog.ts'
import { literal } from '../duckdb/quote.ts'
import type { OpenLake } from './lake.ts'
import { quarantineOf } from './quarantine-table.ts'
import { findView, scanView } from './read-rows.ts'
import { resolvedChange } from './resolve-rows.ts'
import { putRows, stage } from './stage-load.ts'
import { existingTarget } from './write-target.ts'

/**
 * Opens the rows of the quarantine again that a replay has settled which is given up: else they would be neither in the table nor open.
 * Undefined: there are none.
 */
export async function reopenedChange(lake: OpenLake, table: string, loadId: string): Promise<TableChange | undefined> {
  const name = quarantineOf(table)
  if ((await lake.catalog.find(name)) === undefined) return undefined
  const view = await findView(lake, name, undefined)
  await using session = await (await lake.duck()).session()
  await using scan = await scanView(lake, view)
  const isIts = `resolved_by = ${literal(loadId)}`
  const [found] = await session.all<{ readonly n: number }>(`SELECT count(*) AS n FROM ${scan.item} WHERE ${isIts}`)
  if (Number(found?.n) === 0) return undefined
  const { platform, storage } = lake
  const target = existingTarget(view, [], { name, storageUrl: storage.url, options: {}, platform })
  const select = `SELECT * REPLACE (CASE WHEN ${isIts} THEN NULL ELSE resolved_by END AS resolved_by) FROM ${scan.item}`
  await using staged = await stage({ lake, session }, target, select)
  return await resolvedChange(lake, staged, await putRows(lake, staged, { 'sluice.load-id': `${loadId}:dropped` }))
}
