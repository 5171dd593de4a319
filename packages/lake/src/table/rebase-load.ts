import { isSluiceError, SluiceError } from '@sluice/core'
import type { LakeCommit, LoadEntry, TableChange } from '../catalog/lake-catalog.ts'
import type { ManifestFile } from '../format/manifest.ts'
import type { Schema } from '../format/schema.ts'
import { unassigned } from '../format/summarize-manifest.ts'
import type { Snapshot } from '../format/table-metadata.ts'
import type { OpenLake } from './lake.ts'
import { baseSchemaProperty } from './commit-load.ts'
import { mergeSchemas } from './merge-schemas.ts'
import { schemaOf } from './resolve-version.ts'
import { rewriteSnapshot } from './rewrite-snapshot.ts'
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

/**
 * Puts a staged append, or a replacement, on top of what `main` holds now: its files stay, and are named by a new snapshot. Throws
 * `LAKE_COMMIT_CONFLICT` where that cannot be done: its rows were made for what `main` held, or its columns do not go with those that
 * `main` has now.
 */
export async function rebaseLoad(staged: StagedSnapshot): Promise<void> {
  const { lake, found, entry, owner } = staged
  if (entry.operation !== 'append' && entry.operation !== 'replace')
    throw hopeless(found, 'its rows were made for what the table held before')
  const change = await rebasedChange(staged)
  await lake.catalog.commit({
    id: lake.platform.newId(),
    ...(owner && { owner }),
    tables: [{ ...change, name: found.pointer.name }],
  })
}

function hopeless({ pointer }: FoundTable, what: string): SluiceError {
  const problem = `${what}: drop the load, and load again`
  return new SluiceError('LAKE_COMMIT_CONFLICT', { table: pointer.name, problem, final: true })
}

/** A conflict that is the same however often it is tried. */
export function isHopeless(error: unknown): boolean {
  return isSluiceError(error, 'LAKE_COMMIT_CONFLICT') && error.details['final'] === true
}

async function rebasedChange(staged: StagedSnapshot): Promise<TableChange> {
  const { lake, found, entry, branch, snapshot } = staged
  const { metadata, pointer } = found
  const main = schemaOf(metadata, undefined)
  const schema = mergedSchema(staged, main)
  const schemaUpdates = schema === main ? [] : [{ action: 'add-schema', schema } as const]
  const schemaId = schema === main ? main['schema-id'] : -1
  const snapshotId = lake.platform.newSnapshotId()
  const manifests = await ownManifests(staged, snapshotId)
  const summary = ownSummary(snapshot, metadata['current-schema-id'])
  const held = [
    { type: 'assert-table-uuid', uuid: metadata['table-uuid'] },
    { type: 'assert-last-assigned-field-id', 'last-assigned-field-id': metadata['last-column-id'] },
    { type: 'assert-current-schema-id', 'current-schema-id': metadata['current-schema-id'] },
  ] as const
  const load = { ...entry, snapshotId }
  const { name } = pointer
  if (entry.operation === 'append') {
    const requirement = { type: 'assert-ref-snapshot-id', ref: branch, 'snapshot-id': snapshot['snapshot-id'] } as const
    const operation = { operation: 'append' } as const
    const append = {
      branch,
      from: 'main',
      snapshotId,
      schemaId,
      manifests,
      summary: { ...summary, ...operation },
    } as const
    return { name, requirements: [...held, requirement], updates: schemaUpdates, append, load }
  }
  const { requirements, updates } = await rewriteSnapshot(lake, {
    directory: pointer.directory,
    metadata,
    branch,
    from: 'main',
    snapshotId,
    schemaId,
    removed: 'all',
    added: manifests,
    operation: 'overwrite',
    summary,
  })
  return { name, requirements: [...held, ...requirements], updates: [...schemaUpdates, ...updates], load }
}

function mergedSchema({ found, snapshot }: StagedSnapshot, main: Schema): Schema {
  const { metadata } = found
  const base = schemaOf(metadata, Number(snapshot.summary[baseSchemaProperty] ?? main['schema-id']))
  const merged = mergeSchemas(base, schemaOf(metadata, snapshot['schema-id']), main)
  if (merged) return merged
  throw hopeless(found, 'its columns do not go with those that the table has got meanwhile')
}

/** Manifests of the rows that the load brought, under another snapshot: their entries inherit its id and number. */
async function ownManifests(
  { lake, found, snapshot }: StagedSnapshot,
  addedSnapshotId: bigint,
): Promise<readonly ManifestFile[]> {
  const place = { location: found.metadata.location, directory: found.pointer.directory }
  const list = await lake.manifests.list(place, snapshot['manifest-list'])
  const isOwn = (manifest: ManifestFile): boolean =>
    manifest.addedSnapshotId === snapshot['snapshot-id'] &&
    manifest.addedFiles > 0 &&
    manifest.existingFiles + manifest.deletedFiles === 0
  const fresh = { addedSnapshotId, sequenceNumber: unassigned, minSequenceNumber: unassigned }
  return list.filter(isOwn).map((manifest) => renumbered(manifest, fresh))
}

const renumbered = (manifest: ManifestFile, fresh: Partial<ManifestFile>): ManifestFile => ({ ...manifest, ...fresh })

/** What the writer said of it; what is counted is counted again. */
function ownSummary({ summary }: Snapshot, schemaId: number): Readonly<Record<string, string>> {
  const said = Object.entries(summary).filter(([name]) => name.startsWith('sluice.') || name === 'added-files-size')
  return { ...Object.fromEntries(said), [baseSchemaProperty]: String(schemaId) }
}
