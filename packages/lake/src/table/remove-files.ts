import type { ManifestEntry, ManifestFile } from '../format/manifest.ts'
import { partitionText } from '../format/partition-text.ts'
import type { Schema } from '../format/schema.ts'
import type { PartitionSpec, TableMetadata } from '../format/table-metadata.ts'
import type { OpenLake } from './lake.ts'
import { schemaOf } from './resolve-version.ts'
import { writeManifest } from './write-manifest.ts'

export interface FileRemoval {
  readonly directory: string
  readonly metadata: TableMetadata
  readonly snapshotId: bigint
  readonly removed: ReadonlySet<string> | 'all'
}

/** What is left of a snapshot's manifests without some files. */
export interface LeftManifests {
  readonly manifests: readonly ManifestFile[]
  /** Files that are gone: of rows, and of deletes that nothing is left to apply to. */
  readonly gone: readonly ManifestEntry[]
  /** So many files that were to be removed are not there. */
  readonly missing: number
}

/** So many manifests are read at once: those that follow may not be needed. */
const atOnce = 16

/**
 * Takes files out of manifests. A manifest that none of them is in stays as it is; of the others new ones are written, with removed
 * files as deleted ones, for readers that ask what a snapshot changed.
 *
 * Deletes of other engines stay while a file is left that they may be for. A file that is written anew has a path of its own and a
 * higher sequence number: they are not for it.
 */
export async function removeFiles(
  lake: OpenLake,
  removal: FileRemoval,
  inherited: readonly ManifestFile[],
): Promise<LeftManifests> {
  const { removed } = removal
  const live = inherited.filter((manifest) => !holdsOnlyDeleted(manifest))
  if (removed !== 'all' && removed.size === 0) return { manifests: live, gone: [], missing: 0 }
  const rows = live.filter(({ content }) => content === 'data')
  const deletes = live.filter(({ content }) => content === 'deletes')
  const left = await without(lake, removal, rows, ({ file }) => removed === 'all' || removed.has(file.path))
  const missing = removed === 'all' ? 0 : removed.size - left.gone.length
  const lowest = lowestNumber(left.manifests)
  const targets = await deleteTargets(lake, removal, left.manifests, deletes)
  const deletesLeft = await without(
    lake,
    removal,
    deletes,
    (entry, { specId }) => isSpent(entry, lowest, removed) || targets?.hasNone(specId, entry) === true,
  )
  return {
    manifests: [...left.manifests, ...deletesLeft.manifests],
    gone: [...left.gone, ...deletesLeft.gone],
    missing,
  }
}

/** Only the snapshot that deleted its files needs such a manifest. Writers of version 1 may not have counted: then it stays. */
function holdsOnlyDeleted({ addedFiles, existingFiles, deletedFiles }: ManifestFile): boolean {
  return deletedFiles > 0 && addedFiles + existingFiles === 0
}

function lowestNumber(manifests: readonly ManifestFile[]): number {
  return manifests
    .filter(({ addedFiles, existingFiles }) => addedFiles + existingFiles > 0)
    .reduce((lowest, { minSequenceNumber }) => Math.min(lowest, minSequenceNumber), Infinity)
}

/** The column of position deletes that names the file: bounds that are the same are the one file that it is for. */
const deletedPath = 2_147_483_546

/** Whether no file of rows is left that the deletes could be for: deletes are for files that are not younger. */
function isSpent(
  { sequenceNumber, file }: ManifestEntry,
  lowest: number,
  removed: ReadonlySet<string> | 'all',
): boolean {
  if (removed === 'all' || (sequenceNumber ?? 0) < lowest) return true
  const [lower, upper] = [file.lowerBounds?.get(deletedPath), file.upperBounds?.get(deletedPath)]
  if (file.content !== 1 || lower === undefined || upper === undefined || Buffer.compare(lower, upper) !== 0)
    return false
  return removed.has(Buffer.from(lower).toString())
}

/** Which files of rows are left that deletes by position could be for: those of their spec and partition that are not younger. */
interface DeleteTargets {
  hasNone(specId: number, entry: ManifestEntry): boolean
}

/** Undefined: there are no deletes, or no rows for them. */
async function deleteTargets(
  lake: OpenLake,
  { metadata, directory, removed }: FileRemoval,
  rows: readonly ManifestFile[],
  deletes: readonly ManifestFile[],
): Promise<DeleteTargets | undefined> {
  if (deletes.length === 0 || removed === 'all') return undefined
  const newest = Math.max(...deletes.map(({ sequenceNumber }) => sequenceNumber))
  const place = { location: metadata.location, directory }
  const oldest = new Map<string, number>()
  for (const manifest of rows.filter(({ minSequenceNumber }) => minSequenceNumber <= newest))
    for (const { status, sequenceNumber, file } of await lake.manifests.entries(place, manifest)) {
      const key = `${manifest.specId} ${partitionText(file)}`
      if (status !== 'deleted') oldest.set(key, Math.min(oldest.get(key) ?? Infinity, sequenceNumber ?? 0))
    }
  return {
    hasNone: (specId, { file, sequenceNumber }) =>
      file.content === 1 && (oldest.get(`${specId} ${partitionText(file)}`) ?? Infinity) > (sequenceNumber ?? 0),
  }
}

async function without(
  lake: OpenLake,
  removal: FileRemoval,
  manifests: readonly ManifestFile[],
  isRemoved: (entry: ManifestEntry, manifest: ManifestFile) => boolean,
): Promise<{ readonly manifests: readonly ManifestFile[]; readonly gone: readonly ManifestEntry[] }> {
  const left: ManifestFile[] = []
  const gone: ManifestEntry[] = []
  const { metadata, directory, removed } = removal
  const place = { location: metadata.location, directory }
  for (let from = 0; from < manifests.length; from += atOnce) {
    const some = manifests.slice(from, from + atOnce)
    const isComplete = removed !== 'all' && some[0]?.content === 'data' && gone.length === removed.size
    if (isComplete) {
      left.push(...manifests.slice(from))
      break
    }
    const entries = await Promise.all(some.map((manifest) => lake.manifests.entries(place, manifest)))
    for (const [i, manifest] of some.entries()) {
      const live = (entries[i] ?? []).filter(({ status }) => status !== 'deleted')
      const out = new Set(live.filter((entry) => isRemoved(entry, manifest)))
      gone.push(...out)
      left.push(out.size === 0 ? manifest : await written(lake, removal, manifest, live, out))
    }
  }
  return { manifests: left, gone }
}

function written(
  lake: OpenLake,
  { metadata, directory, snapshotId }: FileRemoval,
  { specId, content }: ManifestFile,
  live: readonly ManifestEntry[],
  out: ReadonlySet<ManifestEntry>,
): Promise<ManifestFile> {
  const spec = metadata['partition-specs'].find((each) => each['spec-id'] === specId) ?? {
    'spec-id': specId,
    fields: [],
  }
  return writeManifest(lake.storage, lake.platform, {
    location: metadata.location,
    directory,
    schema: schemaWith(metadata, spec),
    spec,
    content,
    entries: live.map((entry) =>
      out.has(entry) ? { ...entry, status: 'deleted', snapshotId } : { ...entry, status: 'existing' },
    ),
    snapshotId,
  })
}

/** The newest schema that has the columns of the spec: one of them may be gone. */
function schemaWith(metadata: TableMetadata, { fields }: PartitionSpec): Schema {
  const current = schemaOf(metadata, undefined)
  const has = (schema: Schema): boolean =>
    fields.every((field) => schema.fields.some(({ id }) => id === field['source-id']))
  return has(current) ? current : (metadata.schemas.findLast(has) ?? current)
}
