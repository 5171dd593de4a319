import { promises as fs } from 'node:fs'
import path from 'node:path'
import { writerFenceId } from '@sluice/store'
import { ageMs } from '../table/age.ts'
import type { OpenLake } from '../table/lake.ts'
import { requireOptions } from '../table/require-options.ts'
import type { SweepOptions, SweepResult } from '../table/upkeep-types.ts'
import { writeAnnouncements, type WriteAnnouncement } from './announced-writes.ts'
import { expireRaw } from './expire-raw.ts'
import { defaultGraceMs, defaultWriteGraceMs, finishDeletions } from './finish-deletions.ts'
import { type LiveFiles, liveFiles, ownsFiles } from './live-files.ts'

export interface WriteSweep {
  readonly graceMs: number
  readonly directory?: string
  readonly dryRun?: boolean
}

/**
 * Deletes what writers have left that failed or were killed: files that were announced, are older than the grace, and of which no version of
 * their table knows; staged files on this machine; and what was planned to be deleted. Nothing is deleted for being there alone.
 *
 * Throws `OPTION_INVALID`, `LAKE_FOREIGN_CATALOG`.
 */
export async function sweepLake(lake: OpenLake, options: SweepOptions = {}): Promise<SweepResult> {
  requireOptions('sweep', options, ['grace', 'dryRun'])
  const { dryRun = false, grace } = options
  const own = grace === undefined ? undefined : ageMs('grace', grace)
  const left = await sweepWrites(lake, { graceMs: own ?? defaultWriteGraceMs, dryRun })
  const staged = await sweepStaging(lake, { graceMs: own ?? defaultWriteGraceMs, dryRun })
  const raw = await expireRaw(lake, { dryRun })
  const planned = await finishDeletions(lake, { graceMs: own ?? defaultGraceMs, dryRun })
  // What was planned just now waits; what would be, too.
  return { left, staged, expired: planned.deleted, waiting: planned.waiting + (dryRun ? raw.files : 0) }
}

/** Answers how many files were, or would be, deleted. */
export async function sweepWrites(lake: OpenLake, sweep: WriteSweep): Promise<number> {
  const now = lake.platform.now()
  const old = (await writeAnnouncements(lake.storage, sweep.directory)).filter(({ at }) => now - at >= sweep.graceMs)
  if (old.length === 0 || !(await ownsFiles(lake))) return 0
  let count = 0
  // Before it is asked what is live: whoever of them commits has done so by then, or never will.
  if (sweep.dryRun !== true) for (const { prefix } of old) await fenceWriter(lake, prefix)
  for (const [directory, announcements] of Map.groupBy(old, (each) => each.directory)) {
    const live = await liveFiles(lake, { table: tableOf(directory), directory, announced: true })
    if (live === undefined) continue
    for (const announcement of announcements) count += await sweepOne(lake, announcement, live, sweep.dryRun === true)
  }
  return count
}

async function fenceWriter({ catalog }: OpenLake, prefix: string): Promise<void> {
  await catalog.commit({ id: writerFenceId(prefix), tables: [] })
}

async function sweepOne(
  { storage }: OpenLake,
  announcement: WriteAnnouncement,
  live: LiveFiles,
  dryRun: boolean,
): Promise<number> {
  const left: string[] = []
  for (const prefix of prefixesOf(announcement))
    for await (const { key } of storage.list(prefix)) if (!live.has(key)) left.push(key)
  if (dryRun) return left.length
  await storage.delete(left)
  await storage.delete([announcement.key])
  return left.length
}

function prefixesOf({ directory, prefix, snapshots }: WriteAnnouncement): readonly string[] {
  return [
    `${directory}/data/${prefix}`,
    `${directory}/metadata/${prefix}`,
    ...snapshots.map((id) => `${directory}/metadata/snap-${id}-`),
  ]
}

/** `bronze/trips-1a2b3c4d` is of `bronze.trips`. */
const tableOf = (directory: string): string => directory.replace('/', '.').replace(/-[^-]*$/, '')

/** What loads and queries stage; not what is kept there for the next process. */
const staged = /^(?:write|load|query|replay|upload)-|^[0-9a-f]{8}-[0-9a-f-]{27}$/

/** Files on this machine of processes that are gone: nothing in them has changed for the grace. */
export async function sweepStaging({ storage, platform }: OpenLake, sweep: WriteSweep): Promise<number> {
  let count = 0
  const names = await fs.readdir(storage.staging).catch((): readonly string[] => [])
  for (const name of names.filter((each) => staged.test(each))) {
    const place = path.join(storage.staging, name)
    if (platform.now() - (await lastChange(place)) < sweep.graceMs) continue
    count += 1
    if (sweep.dryRun !== true) await fs.rm(place, { recursive: true, force: true })
  }
  return count
}

async function lastChange(place: string): Promise<number> {
  try {
    const { mtimeMs } = await fs.stat(place)
    const inside = await fs.readdir(place, { recursive: true }).catch((): readonly string[] => [])
    const times = await Promise.all(inside.map(async (name) => (await fs.stat(path.join(place, name))).mtimeMs))
    return Math.max(mtimeMs, ...times)
  } catch {
    // Somebody is at it just now.
    return Infinity
  }
}
