import { isSluiceError, SluiceError } from '@sluice/core'
import type { LakeCommit, LoadEntry } from '../catalog/lake-catalog.ts'
import type { ManifestFile } from '../format/manifest.ts'
import type { Schema } from '../format/schema.ts'
import type { Snapshot } from '../format/table-metadata.ts'
import { baseSchemaProperty } from './commit-load.ts'
import type { OpenLake } from './lake.ts'
import { mergeSchemas } from './merge-schemas.ts'
import { schemaOf } from './resolve-version.ts'
import { added, writeManifest } from './write-manifest.ts'
import type { FoundTable } from './write-target.ts'

/** A load on its branch, as it was found. */
export interface StagedSnapshot {
  readonly lake: OpenLake
  readonly found: FoundTable
  readonly entry: LoadEntry
  readonly branch: string
  readonly snapshot: Snapshot
  readonly owner: LakeCommit['owner']
}

/** That a staged load cannot be put on top of what `main` holds, however often it is tried. */
export function hopeless({ pointer }: FoundTable, what: string): SluiceError {
  const problem = `${what}: drop the load, and load again`
  return new SluiceError('LAKE_COMMIT_CONFLICT', { table: pointer.name, problem, final: true })
}

/** A conflict that is the same however often it is tried. */
export function isHopeless(error: unknown): boolean {
  return isSluiceError(error, 'LAKE_COMMIT_CONFLICT') && error.details['final'] === true
}

/** The columns of `main` with those that the load brings; `main`'s own when it brings none. */
export function mergedSchema({ found, snapshot }: StagedSnapshot): Schema {
  const { metadata } = found
  const main = schemaOf(metadata, undefined)
  const base = schemaOf(metadata, Number(snapshot.summary[baseSchemaProperty] ?? main['schema-id']))
  const merged = mergeSchemas(base, schemaOf(metadata, snapshot['schema-id']), main)
  if (merged) return merged
  throw hopeless(found, 'its columns do not go with those that the table has got meanwhile')
}

/**
 * Manifests of the files that the staged snapshot added, written anew for another snapshot: what asks which snapshot a file came with, as
 * incremental readers do, finds one of `main`.
 */
export async function ownManifests(
  { lake, found: { metadata, pointer }, snapshot }: StagedSnapshot,
  snapshotId: bigint,
  isWanted: (path: string) => boolean = () => true,
): Promise<readonly ManifestFile[]> {
  const place = { location: metadata.location, directory: pointer.directory }
  const list = await lake.manifests.list(place, snapshot['manifest-list'])
  const isOwn = (manifest: ManifestFile): boolean =>
    manifest.addedSnapshotId === snapshot['snapshot-id'] &&
    manifest.addedFiles > 0 &&
    manifest.existingFiles + manifest.deletedFiles === 0 &&
    isWanted(manifest.path)
  const schema = schemaOf(metadata, snapshot['schema-id'])
  return Promise.all(
    list.filter(isOwn).map(async (manifest) => {
      const { specId } = manifest
      const none = { 'spec-id': specId, fields: [] }
      const spec = metadata['partition-specs'].find((each) => each['spec-id'] === specId) ?? none
      const entries = added((await lake.manifests.entries(place, manifest)).map(({ file }) => file))
      return writeManifest(lake.storage, lake.platform, {
        ...place,
        schema,
        spec,
        content: 'data',
        entries,
        snapshotId,
      })
    }),
  )
}

/** What the writer said of it; what is counted is counted again. */
export function ownSummary({ summary }: Snapshot, schemaId: number): Readonly<Record<string, string>> {
  const said = Object.entries(summary).filter(([name]) => name.startsWith('sluice.'))
  return { ...Object.fromEntries(said), [baseSchemaProperty]: String(schemaId) }
}
