import { SluiceError } from '@sluice/core'
import { readOwner } from '../catalog/catalog-file.ts'
import { dropMarkerKeyOf, markerKeyOf } from '../catalog/lake-paths.ts'
import type { OpenLake } from '../table/lake.ts'
import { findTable } from '../table/write-target.ts'
import { type PlannedDeletion, plannedDeletions } from './planned-deletion.ts'
import { reachableFiles } from './reachable-files.ts'

export interface DeletionReport {
  /** Files that are gone now. */
  readonly deleted: number
  /** Files that wait for the end of their grace. */
  readonly waiting: number
}

export interface FinishOptions {
  /** Milliseconds for which whoever reads may go on reading what was forgotten. */
  readonly graceMs: number
  /** Of one table only. */
  readonly directory?: string
}

/** A reader has so much time for what it has begun to read. */
export const defaultGraceMs = 3_600_000

/**
 * Deletes what was planned to be deleted and whose grace is over. Each file is looked for once more: one that a version of the table
 * reaches stays, whatever the plan says. A lake of another catalogue is left alone, and so is a table whose newest version a rebuild
 * would not find.
 *
 * Throws `LAKE_FOREIGN_CATALOG`.
 */
export async function finishDeletions(lake: OpenLake, options: FinishOptions): Promise<DeletionReport> {
  const planned = await plannedDeletions(lake.storage, options.directory)
  if (planned.length === 0) return { deleted: 0, waiting: 0 }
  const owner = await readOwner(lake.storage)
  if (owner !== lake.catalog.id) throw new SluiceError('LAKE_FOREIGN_CATALOG', { location: lake.storage.url, owner })
  let [deleted, waiting] = [0, 0]
  const due: PlannedDeletion[] = []
  for (const deletion of planned) {
    if (lake.platform.now() - deletion.at < options.graceMs) waiting += deletion.files.length
    else due.push(deletion)
  }
  for (const deletions of Map.groupBy(due, ({ tableId }) => tableId).values()) {
    const live = await liveFiles(lake, deletions[0])
    if (live === undefined) waiting += deletions.reduce((sum, { files }) => sum + files.length, 0)
    else for (const deletion of deletions) deleted += await finish(lake, deletion, live)
  }
  return { deleted, waiting }
}

/** What the table reaches now; nothing when it was dropped. Undefined: it is not known, so nothing may be deleted. */
async function liveFiles(
  lake: OpenLake,
  deletion: PlannedDeletion | undefined,
): Promise<{ has(key: string): boolean } | undefined> {
  if (deletion === undefined) return undefined
  const { table, tableId, directory } = deletion
  const found = await findTable(lake.catalog, table)
  if (found?.pointer.id !== tableId)
    return (await lake.storage.head(dropMarkerKeyOf(directory))) === undefined ? undefined : new Set()
  const { pointer, metadata } = found
  if ((await lake.storage.head(markerKeyOf(pointer.metadataKey))) === undefined) return undefined
  const place = { location: metadata.location, directory: pointer.directory }
  return reachableFiles(lake, place, metadata.snapshots ?? [])
}

async function finish(
  { storage }: OpenLake,
  { key, directory, files }: PlannedDeletion,
  live: { has(key: string): boolean },
): Promise<number> {
  const gone = files.filter((file) => file.startsWith(`${directory}/`) && !live.has(file))
  await storage.delete(gone)
  await storage.delete([key])
  return gone.length
}
