import { isSluiceError } from '@sluice/core'
import type { LoadEntry } from '../catalog/lake-catalog.ts'
import type { ManifestFile } from '../format/manifest.ts'
import { discardFiles, leaseOf, rewriteChange } from './commit-load.ts'
import type { ChangeBase, PlannedRewrite } from './live-rows.ts'
import { type LoadRecipe, manifestName, recipeOf, recipeSummary } from './load-recipe.ts'
import { planLoad } from './plan-load.ts'
import { schemaOf } from './resolve-version.ts'
import { inputSnapshot, stageInput } from './staged-input.ts'
import { hopeless, mergedSchema, ownManifests, ownSummary, type StagedSnapshot } from './staged-snapshot.ts'
import { existingTarget } from './write-target.ts'

/**
 * Does a staged merge, overwrite or deletion again, to what `main` holds now: with the rows that it brought and by the rule that it had.
 * In turn with those who rewrite the table.
 *
 * Throws `LAKE_COMMIT_CONFLICT`: also when `main` moves meanwhile, and it is to be done once more.
 */
export async function recomputeLoad(staged: StagedSnapshot, signal: AbortSignal | undefined): Promise<void> {
  const { lake, found, entry, snapshot, owner } = staged
  const recipe = recipeOf(snapshot)
  if (!recipe) throw hopeless(found, 'its rows were made for what the table held before')
  const { name } = found.pointer
  await using session = await (await lake.duck()).session(signal && { signal })
  await using lease = await lake.catalog.lease(name, signal && { signal })
  const base: ChangeBase = { lake, session, table: name, target: targetOf(staged), branch: staged.branch, from: 'main' }
  const snapshotId = lake.platform.newSnapshotId()
  const replanned = await planAgain(base, staged, recipe)
  const { planned } = replanned
  const isWanted = (path: string): boolean => recipe.manifests?.includes(manifestName(path)) === true
  const own = await ownManifests(staged, snapshotId, isWanted)
  const summary = {
    ...ownSummary(snapshot, found.metadata['current-schema-id']),
    ...recipeSummary({ ...recipe, ...(recipe.manifests && { manifests: own.map(({ path }) => manifestName(path)) }) }),
    'added-files-size': String(await sizeOf(staged, own)),
  }
  const change = await rewriteChange(base, planned, { snapshotId, manifests: own, summary }, true)
  const isChanged = change.updates.some(({ action }) => action === 'add-snapshot')
  try {
    await lake.catalog.commit({
      id: lake.platform.newId(),
      ...(owner && { owner }),
      tables: [{ ...change, ...leaseOf(lease), load: entryOf(entry, replanned, isChanged ? snapshotId : undefined) }],
    })
  } catch (error) {
    if (isSluiceError(error, 'LAKE_COMMIT_CONFLICT')) await discardFiles(base, planned.files)
    throw error
  }
}

/** The branch begins anew at `main`, with the columns that the load brings. */
function targetOf(staged: StagedSnapshot): ChangeBase['target'] {
  const { lake, found, branch } = staged
  const schema = mergedSchema(staged)
  const updates =
    schema === schemaOf(found.metadata, undefined)
      ? []
      : ([
          { action: 'add-schema', schema },
          { action: 'set-current-schema', 'schema-id': -1 },
        ] as const)
  const { platform, storage } = lake
  const options = { name: found.pointer.name, storageUrl: storage.url, options: {}, platform, branch }
  return existingTarget(found, updates, { ...options, from: 'main' })
}

interface Replanned {
  readonly planned: PlannedRewrite
  /** Rows that the load brings, whether they count or not. */
  readonly brought: number
}

async function planAgain(base: ChangeBase, staged: StagedSnapshot, recipe: LoadRecipe): Promise<Replanned> {
  const { lake, found, entry } = staged
  const { table } = base
  const { operation, counts } = entry
  const { merge, where } = recipe
  if (operation !== 'merge') {
    const change = { table, operation, ...(where && { where }) }
    return {
      planned: await planLoad(base, change, { files: [], rows: counts.loaded }, undefined),
      brought: counts.loaded,
    }
  }
  const snapshot = inputSnapshot(found.metadata, entry.id)
  if (!snapshot || !merge) throw hopeless(found, 'the rows that it brought are gone')
  await using rows = await stageInput(lake, base.session, { found, snapshot }, base.target)
  return { planned: await planLoad(base, { table, operation }, rows.staged, merge), brought: rows.staged.rows }
}

async function sizeOf({ lake, found }: StagedSnapshot, manifests: readonly ManifestFile[]): Promise<number> {
  const place = { location: found.metadata.location, directory: found.pointer.directory }
  const entries = await Promise.all(manifests.map((manifest) => lake.manifests.entries(place, manifest)))
  return entries.flat().reduce((sum, { file }) => sum + file.size, 0)
}

/** Other rows of a merge may count by now; how many its source had stays what it was. */
function entryOf(entry: LoadEntry, { planned, brought }: Replanned, snapshotId: bigint | undefined): LoadEntry {
  const { counts } = entry
  const loaded = brought - planned.filtered
  const filtered = counts.filtered + counts.loaded - loaded
  return { ...entry, snapshotId, changes: planned.changes, counts: { ...counts, loaded, filtered } }
}
