import type { LakeStorage } from '../storage/lake-storage.ts'
import { keyOf } from './lake-paths.ts'
import type { WorkingTables } from './plan-commit.ts'
import type { WorkingTable } from './working-table.ts'

/**
 * Deletes the metadata files that a commit took out of the table's `metadata-log` (`write.metadata.previous-versions-max`, 100): nobody
 * finds them any more. Their markers stay: a rebuild reads the ledger of loads from them. To be called after the commit's own marker is
 * there, since a rebuild needs the newest marked version. What cannot be deleted now stays: it is small, and the commit is made.
 */
export async function pruneMetadata(storage: LakeStorage, planned: WorkingTables): Promise<void> {
  const keys = [...planned.values()].flatMap((table) => leftBehind(storage, table))
  if (keys.length > 0) await storage.delete(keys).catch(() => undefined)
}

function leftBehind(storage: LakeStorage, { base, metadata, directory }: WorkingTable): readonly string[] {
  const kept = new Set(metadata['metadata-log']?.map((entry) => entry['metadata-file']))
  const place = { location: metadata.location, directory }
  return (base?.metadata['metadata-log'] ?? [])
    .map((entry) => entry['metadata-file'])
    .filter((url) => !kept.has(url) && url.startsWith(`${metadata.location}/metadata/`))
    .map((url) => keyOf(storage, place, url))
}
