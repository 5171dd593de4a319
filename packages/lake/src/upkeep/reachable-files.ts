import { isSluiceError } from '@sluice/core'
import { keyOf, type TablePlace } from '../catalog/lake-paths.ts'
import type { ManifestEntry, ManifestFile } from '../format/manifest.ts'
import type { Snapshot } from '../format/table-metadata.ts'
import type { OpenLake } from '../table/lake.ts'

export interface ReachableOptions {
  /** What is not there is left out: of versions that are being forgotten, not of those that are kept. */
  readonly partial?: boolean
}

/**
 * The keys of every file that these snapshots consist of, with the sizes of those whose size is known: manifest lists, manifests, and the
 * files that are live in them.
 */
export async function reachableFiles(
  lake: OpenLake,
  place: TablePlace,
  snapshots: readonly Snapshot[],
  { partial = false }: ReachableOptions = {},
): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>()
  const read = async <T>(work: () => Promise<readonly T[]>): Promise<readonly T[]> => {
    try {
      return await work()
    } catch (error) {
      if (partial && isSluiceError(error, 'LAKE_FILE_NOT_FOUND')) return []
      throw error
    }
  }
  for (const snapshot of snapshots) {
    const url = snapshot['manifest-list']
    found.set(keyOf(lake.storage, place, url), 0)
    for (const manifest of await read<ManifestFile>(() => lake.manifests.list(place, url))) {
      const key = keyOf(lake.storage, place, manifest.path)
      if (found.has(key)) continue
      found.set(key, manifest.length)
      for (const { status, file } of await read<ManifestEntry>(() => lake.manifests.entries(place, manifest)))
        if (status !== 'deleted') found.set(keyOf(lake.storage, place, file.path), file.size)
    }
  }
  return found
}
