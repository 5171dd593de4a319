import type { ManifestEntry, ManifestFile } from './manifest.ts'
import type { TableMetadata } from './table-metadata.ts'

/** A table has so many manifests at most before small ones become larger ones. */
const minCount = 100
/** In bytes. */
const targetSize = 8 * 1_048_576

/**
 * The manifests that an append is to write as one each, all of one partition spec; none while there are few. The small ones are merged
 * with each other, and a large one only when as much is merged into it: so an entry is written anew a few times, not with every merge.
 * Manifests of deletes are never merged.
 */
export function manifestsToMerge(
  manifests: readonly ManifestFile[],
  properties: TableMetadata['properties'] = {},
): readonly (readonly ManifestFile[])[] {
  if (properties['commit.manifest-merge.enabled'] === 'false') return []
  const least = Math.max(2, numberIn(properties, 'commit.manifest.min-count-to-merge', minCount))
  const target = numberIn(properties, 'commit.manifest.target-size-bytes', targetSize)
  const small = manifests.filter(({ content, length }) => content === 'data' && length < target)
  return [...Map.groupBy(small, ({ specId }) => specId).values()]
    .filter((group) => group.length >= least)
    .flatMap((group) => packed(chosen(group, least), target))
}

/** The smallest first, at least half of what is too many: so the next merge is that far away. */
function chosen(group: readonly ManifestFile[], least: number): readonly ManifestFile[] {
  let sum = 0
  const found: ManifestFile[] = []
  for (const manifest of group.toSorted((a, b) => a.length - b.length)) {
    if (manifest.length > sum && found.length > least / 2) break
    found.push(manifest)
    sum += manifest.length
  }
  return found
}

function packed(manifests: readonly ManifestFile[], target: number): readonly (readonly ManifestFile[])[] {
  const bins: ManifestFile[][] = []
  let size = Infinity
  for (const manifest of manifests) {
    if (size + manifest.length > target) {
      bins.push([])
      size = 0
    }
    bins.at(-1)?.push(manifest)
    size += manifest.length
  }
  return bins.filter((bin) => bin.length > 1)
}

/**
 * What one manifest holds in the place of several: every live file as it was, with its own snapshot and sequence numbers. What an
 * earlier snapshot deleted is told by that snapshot's manifest.
 */
export function mergedEntries(manifests: readonly (readonly ManifestEntry[])[]): readonly ManifestEntry[] {
  return manifests.flatMap((entries) =>
    entries.flatMap((entry): readonly ManifestEntry[] =>
      entry.status === 'deleted' ? [] : [{ ...entry, status: 'existing' }],
    ),
  )
}

function numberIn(properties: Readonly<Record<string, string>>, name: string, otherwise: number): number {
  const number = Number(properties[name] ?? otherwise)
  return Number.isSafeInteger(number) && number > 0 ? number : otherwise
}
