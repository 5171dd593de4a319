import { findTable, type FoundTable } from '../table/write-target.ts'
import { quarantineOf } from '../table/quarantine-table.ts'
import type { OpenLake } from '../table/lake.ts'
import { findView, scanView } from '../table/read-rows.ts'
import { closedKeyOf, readRawKey } from '../raw/raw-keys.ts'
import { readPackage } from '../raw/raw-package.ts'

/** A load that was interrupted may come back for what it has put away, for so long. */
const comesBackMs = 7 * 86_400_000

/**
 * Of these packages those that must stay, however old: of loads that are under way, or are staged or blocked, or that have rows in the quarantine which are
 * open still.
 */
export async function neededRaw(
  lake: OpenLake,
  table: string,
  directories: readonly string[],
): Promise<ReadonlySet<string>> {
  const found = await findTable(lake.catalog, table)
  const needed = new Set(found ? await quarantined(lake, found) : [])
  for (const directory of directories)
    if (!needed.has(directory) && (await isNeeded(lake, found, directory))) needed.add(directory)
  return needed
}

async function isNeeded(lake: OpenLake, found: FoundTable | undefined, directory: string): Promise<boolean> {
  const kept = await readPackage(lake.storage, directory)
  if (kept === undefined) return false
  const entry = found && (await lake.catalog.load(found.pointer.id, kept.loadId))
  if (entry !== undefined) return entry.state === 'staged' || entry.state === 'blocked'
  const isClosed = (await lake.storage.head(closedKeyOf(directory))) !== undefined
  return !isClosed && lake.platform.now() - kept.at < comesBackMs
}

/** What loads with open rows in the quarantine were read from. */
async function quarantined(lake: OpenLake, { pointer }: FoundTable): Promise<readonly string[]> {
  const name = quarantineOf(pointer.name)
  if ((await lake.catalog.find(name)) === undefined) return []
  const view = await findView(lake, name, undefined)
  await using scan = await scanView(lake, view)
  await using session = await (await lake.duck()).session()
  const open = await session.all<{ id: string }>(
    `SELECT DISTINCT load_id AS id FROM ${scan.item} WHERE resolved_by IS NULL`,
  )
  const entries = await Promise.all(open.map(({ id }) => lake.catalog.load(pointer.id, id)))
  return entries.flatMap((entry) => (entry?.raw ?? []).flatMap(({ key = '' }) => readRawKey(key)?.directory ?? []))
}
