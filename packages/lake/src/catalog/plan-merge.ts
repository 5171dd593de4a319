import { isSluiceError } from '@sluice/core'
import { encodeManifest } from '../format/manifest-file.ts'
import type { ManifestEntry, ManifestFile } from '../format/manifest.ts'
import { manifestsToMerge, mergedEntries } from '../format/merge-manifests.ts'
import { schemaOfSpec } from '../format/schema-of-spec.ts'
import { summarizeManifest } from '../format/summarize-manifest.ts'
import { keyOf, manifestListKeyOf, urlOf } from './lake-paths.ts'
import type { PlanContext } from './plan-commit.ts'
import type { PlannedManifest, WorkingTable } from './working-table.ts'

/** A branch's manifests with small ones merged, and those of them that have to be written. */
export interface MergePlan {
  readonly manifests: readonly ManifestFile[]
  readonly merged: readonly PlannedManifest[]
}

/**
 * Merges the small manifests that a snapshot inherits, when they are many: a table of many small commits stays as quick to plan, and
 * to append to, as one of few. What cannot be read stays as it is: an append does not need it.
 */
export async function planMerge(
  context: PlanContext,
  table: WorkingTable,
  snapshotId: bigint,
  inherited: readonly ManifestFile[],
): Promise<MergePlan> {
  const bins = manifestsToMerge(inherited, table.metadata.properties)
  if (bins.length === 0) return { manifests: inherited, merged: [] }
  try {
    const merged = await Promise.all(bins.map((bin) => mergeBin(context, table, snapshotId, bin)))
    const gone = new Set(bins.flat())
    const kept = inherited.filter((manifest) => !gone.has(manifest))
    return { manifests: [...merged.map(({ manifest }) => manifest), ...kept], merged }
  } catch (error) {
    if (!isSluiceError(error)) throw error
    return { manifests: inherited, merged: [] }
  }
}

async function mergeBin(
  { storage, files, newId }: PlanContext,
  table: WorkingTable,
  snapshotId: bigint,
  bin: readonly ManifestFile[],
): Promise<PlannedManifest> {
  const { metadata, directory } = table
  const place = { location: metadata.location, directory }
  const entriesOf = async (manifest: ManifestFile): Promise<readonly ManifestEntry[]> =>
    table.merged.find(({ manifest: { path } }) => path === manifest.path)?.entries ??
    files.entries(keyOf(storage, place, manifest.path), manifest)
  const entries = mergedEntries(await Promise.all(bin.map(entriesOf)))
  const { schema, spec } = schemaOfSpec(metadata, bin[0]?.specId ?? metadata['default-spec-id'])
  const content = { schema, spec, content: 'data', entries, snapshotId } as const
  // Named as the snapshot's list is: what a commit that was not made leaves is found by the snapshot.
  const key = manifestListKeyOf(directory, snapshotId, `${newId()}-m0`)
  const bytes = encodeManifest(content)
  return {
    key,
    bytes,
    entries,
    manifest: summarizeManifest({ ...content, path: urlOf(place, key), length: bytes.length }),
  }
}
