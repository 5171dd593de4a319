import { keyOf, type TablePlace } from '../catalog/lake-paths.ts'
import { decodeManifest } from '../format/manifest-file.ts'
import { decodeManifestList } from '../format/manifest-list.ts'
import type { ManifestEntry, ManifestFile } from '../format/manifest.ts'
import type { LakeStorage } from '../storage/lake-storage.ts'

/** Reads manifest lists and manifests. They never change: the last ones read are kept. */
export interface Manifests {
  list(place: TablePlace, url: string): Promise<readonly ManifestFile[]>
  /** With what entries inherit; deleted ones too. */
  entries(place: TablePlace, manifest: ManifestFile): Promise<readonly ManifestEntry[]>
}

const kept = 256

export function manifestsIn(storage: LakeStorage): Manifests {
  const lists = new Map<string, Promise<readonly ManifestFile[]>>()
  const manifests = new Map<string, Promise<readonly ManifestEntry[]>>()
  return {
    list: (place, url) =>
      remembered(lists, url, async () => decodeManifestList(await storage.get(keyOf(storage, place, url)))),
    entries: (place, manifest) =>
      remembered(manifests, manifest.path, async () =>
        decodeManifest(await storage.get(keyOf(storage, place, manifest.path)), manifest),
      ),
  }
}

async function remembered<T>(map: Map<string, Promise<T>>, key: string, read: () => Promise<T>): Promise<T> {
  const reading = map.get(key) ?? read()
  map.delete(key)
  map.set(key, reading)
  const [oldest] = map.keys()
  if (map.size > kept && oldest !== undefined) map.delete(oldest)
  try {
    return await reading
  } catch (error) {
    map.delete(key)
    throw error
  }
}
