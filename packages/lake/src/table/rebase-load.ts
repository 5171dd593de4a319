import type { TableChange } from '../catalog/lake-catalog.ts'
import { announceWrites } from '../upkeep/announced-writes.ts'
import { recipeOf } from './load-recipe.ts'
import { recomputeLoad } from './recompute-load.ts'
import { schemaOf } from './resolve-version.ts'
import { rewriteSnapshot } from './rewrite-snapshot.ts'
import { hopeless, mergedSchema, ownManifests, ownSummary, type StagedSnapshot } from './staged-snapshot.ts'

/**
 * Puts a staged load on top of what `main` holds now. Of an append or a replacement the files stay, and are named by a new snapshot;
 * a merge, an overwrite or a deletion is done again, with the rows that it brought.
 *
 * Throws `LAKE_COMMIT_CONFLICT` where that cannot be done: its rows were read from what the table held, or its columns do not go with
 * those that `main` has now.
 */
export async function rebaseLoad(staged: StagedSnapshot, signal: AbortSignal | undefined): Promise<void> {
  const { found, entry, owner, snapshot } = staged
  await using writer = announceWrites(staged.lake)
  const { lake } = writer
  if (entry.operation !== 'append' && recipeOf(snapshot)?.readsTable === true)
    throw hopeless(found, 'its rows were read from what the table held before')
  if (entry.operation !== 'append' && entry.operation !== 'replace')
    return await recomputeLoad({ ...staged, lake }, signal)
  const change = await rebasedChange({ ...staged, lake })
  await lake.catalog.commit({
    id: lake.platform.newId(),
    ...(owner && { owner }),
    tables: [{ ...change, name: found.pointer.name }],
  })
}

async function rebasedChange(staged: StagedSnapshot): Promise<TableChange> {
  const { lake, found, entry, branch, snapshot } = staged
  const { metadata, pointer } = found
  const main = schemaOf(metadata, undefined)
  const schema = mergedSchema(staged)
  const schemaUpdates = schema === main ? [] : [{ action: 'add-schema', schema } as const]
  const schemaId = schema === main ? main['schema-id'] : -1
  const snapshotId = lake.platform.newSnapshotId()
  const manifests = await ownManifests(staged, snapshotId)
  const size = snapshot.summary['added-files-size']
  const summary = {
    ...ownSummary(snapshot, metadata['current-schema-id']),
    ...(size !== undefined && { 'added-files-size': size }),
  }
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
