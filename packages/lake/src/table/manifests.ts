import { createHash } from 'node:crypto'
import path from 'node:path'
import { keyOf, type TablePlace } from '../catalog/lake-paths.ts'
import { decodeManifest } from '../format/manifest-file.ts'
import { decodeManifestList } from '../format/manifest-list.ts'
import type { ManifestEntry, ManifestFile } from '../format/manifest.ts'
import { packedSize } from '../format/packed-manifest-file.ts'
import { type PackedManifest, packManifest } from '../format/packed-manifest.ts'
import type { LakeStorage } from '../storage/lake-storage.ts'
import { mirrorIn } from './mirror.ts'
import { weightedCache } from './weighted-cache.ts'

/** Reads manifest lists and manifests. They never change: the last ones read are kept. */
export interface Manifests {
  list(place: TablePlace, url: string): Promise<readonly ManifestFile[]>
  /** Every entry as it is, with what it inherits; deleted ones too. For those who write manifests anew. */
  entries(place: TablePlace, manifest: ManifestFile): Promise<readonly ManifestEntry[]>
  /** The live files in columns, from the mirror when it has them. For those who plan scans. */
  packed(place: TablePlace, manifest: ManifestFile): Promise<PackedManifest>
}

const mostListed = 100_000
const mostEntries = 20_000
const mostPackedBytes = 256 * 1024 * 1024
/** Files in a manifest: a smaller one is decoded nearly as quickly as a mirror is read. */
const worthMirroring = 200

export function manifestsIn(storage: LakeStorage): Manifests {
  const lists = weightedCache<readonly ManifestFile[]>(mostListed, (list) => list.length + 1)
  const manifests = weightedCache<readonly ManifestEntry[]>(mostEntries, (entries) => entries.length + 1)
  const packed = weightedCache<PackedManifest>(mostPackedBytes, (manifest) => packedSize(manifest) + 1_000)
  const mirror = mirrorIn(path.join(storage.staging, 'mirror'))
  const decoded = async (place: TablePlace, manifest: ManifestFile): Promise<readonly ManifestEntry[]> =>
    decodeManifest(await storage.get(keyOf(storage, place, manifest.path)), manifest)
  return {
    list: (place, url) => lists.get(url, async () => decodeManifestList(await storage.get(keyOf(storage, place, url)))),
    entries: (place, manifest) => manifests.get(identityOf(manifest), () => decoded(place, manifest)),
    packed: (place, manifest) =>
      packed.get(identityOf(manifest), async () => {
        if (manifest.addedFiles + manifest.existingFiles < worthMirroring)
          return packManifest(await decoded(place, manifest))
        const name = mirrorName(manifest)
        const mirrored = await mirror.read(name)
        if (mirrored) return mirrored
        const made = packManifest(await decoded(place, manifest))
        await mirror.write(name, made)
        return made
      }),
  }
}

/**
 * With all that entries inherit from the list: what is kept is true of this manifest in this place only. The same file has another place
 * once a staged load was put on top of what its table holds by then.
 */
function identityOf({ path: url, length, sequenceNumber, addedSnapshotId }: ManifestFile): string {
  return JSON.stringify([url, length, sequenceNumber, String(addedSnapshotId)])
}

function mirrorName(manifest: ManifestFile): string {
  return createHash('sha256').update(identityOf(manifest)).digest('hex')
}
