import type { LakeStorage } from '../storage/lake-storage.ts'
import type { OpenLake } from '../table/lake.ts'
import { rawDirectory, readRawKey } from '../raw/raw-keys.ts'
import { type LiveFiles, liveFiles, ownsFiles } from './live-files.ts'
import { neededRaw } from './needed-raw.ts'
import { type PlannedDeletion, plannedDeletions } from './planned-deletion.ts'

export interface DeletionReport {
  /** Files that are gone now, or would be. */
  readonly deleted: number
  /** Files that wait for the end of their grace. */
  readonly waiting: number
}

export interface FinishOptions {
  /** Milliseconds for which whoever reads may go on reading what was forgotten. */
  readonly graceMs: number
  /** Of one table only. */
  readonly directory?: string
  readonly dryRun?: boolean
}

/** A reader has so much time for what it has begun to read. */
export const defaultGraceMs = 3_600_000

/** A load has so much time from its first file to its commit. */
export const defaultWriteGraceMs = 86_400_000

/**
 * Deletes what was planned to be deleted and whose grace is over. Each file is looked for once more: one that a version of the table
 * reaches stays, whatever the plan says. A lake of another catalogue is left alone, and so is a table of which is not known what it
 * reaches.
 *
 * Throws `LAKE_FOREIGN_CATALOG`.
 */
export async function finishDeletions(lake: OpenLake, options: FinishOptions): Promise<DeletionReport> {
  const planned = await plannedDeletions(lake.storage, options.directory)
  if (planned.length === 0 || !(await ownsFiles(lake))) return { deleted: 0, waiting: countOf(planned) }
  const now = lake.platform.now()
  const due = planned.filter(({ at }) => now - at >= options.graceMs)
  let [deleted, waiting] = [0, countOf(planned) - countOf(due)]
  for (const [directory, deletions] of Map.groupBy(due, (each) => each.directory)) {
    const live = await liveAmong(lake, directory, deletions)
    if (live === undefined) waiting += countOf(deletions)
    else for (const deletion of deletions) deleted += await finish(lake, deletion, live, options.dryRun === true)
  }
  return { deleted, waiting }
}

/** What must stay of a table's directory, or of what is kept of its sources. */
async function liveAmong(
  lake: OpenLake,
  directory: string,
  deletions: readonly PlannedDeletion[],
): Promise<LiveFiles | undefined> {
  const table = deletions[0]?.table ?? ''
  if (directory !== rawDirectory(table)) return liveFiles(lake, { table, directory })
  const directoryOf = (key: string): string => readRawKey(key)?.directory ?? ''
  const packages = new Set(deletions.flatMap(({ files }) => files.map(directoryOf)))
  const needed = await neededRaw(lake, table, [...packages])
  return { exists: true, has: (key) => readRawKey(key) === undefined || needed.has(directoryOf(key)) }
}

async function allIn(storage: LakeStorage, directory: string): Promise<readonly string[]> {
  const found: string[] = []
  for await (const { key } of storage.list(`${directory}/`)) found.push(key)
  return found
}

function countOf(deletions: readonly PlannedDeletion[]): number {
  return deletions.reduce((sum, { files }) => sum + files.length, 0)
}

async function finish(
  { storage }: OpenLake,
  { key, directory, files, dropped }: PlannedDeletion,
  live: LiveFiles,
  dryRun: boolean,
): Promise<number> {
  const planned = dropped === true && !live.exists ? await allIn(storage, directory) : files
  const gone = planned.filter((file) => file.startsWith(`${directory}/`) && !live.has(file))
  if (dryRun) return gone.length
  await storage.delete(gone)
  await storage.delete([key])
  return gone.length
}
