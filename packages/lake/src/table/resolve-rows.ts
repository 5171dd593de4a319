import type { TableChange } from '../catalog/lake-catalog.ts'
import { literal } from '../duckdb/quote.ts'
import type { Scan } from '../duckdb/scan.ts'
import type { OpenLake } from './lake.ts'
import type { Resolution } from './replay-source.ts'
import { rewriteSnapshot } from './rewrite-snapshot.ts'
import type { PutRows, StagedTable } from './stage-load.ts'

/**
 * The quarantine with the rows of a replay settled, but for those that were rejected again. `resolved_by` is all that changes of it.
 */
export function resolvedSelect(
  { item }: Scan,
  { rowIds }: Resolution,
  loadId: string,
  rejected: string | undefined,
): string {
  const taken = `SELECT row_id FROM read_json(${literal(rowIds)}, format='newline_delimited', compression='uncompressed', columns={row_id: 'VARCHAR'})`
  const again = rejected === undefined ? '' : ` AND row_id NOT IN (SELECT row_id FROM (${rejected}))`
  return `SELECT * REPLACE (CASE WHEN row_id IN (${taken})${again} THEN ${literal(loadId)} ELSE resolved_by END AS resolved_by) FROM ${item}`
}

/** Holds only while the quarantine is as it was read: a load that adds to it meanwhile makes the replay begin anew. */
export async function resolvedChange(lake: OpenLake, { target }: StagedTable, put: PutRows): Promise<TableChange> {
  const { directory, metadata, change } = target
  const { snapshotId, manifests: added, summary } = put
  const { requirements, updates } = await rewriteSnapshot(lake, {
    directory,
    metadata,
    branch: 'main',
    snapshotId,
    removed: 'all',
    added,
    operation: 'overwrite',
    summary,
  })
  return {
    ...change,
    requirements: [...change.requirements, ...requirements],
    updates: [...change.updates, ...updates],
  }
}
