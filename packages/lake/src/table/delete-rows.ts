import { isSluiceError, SluiceError } from '@sluice/core'
import type { AttemptContext } from '@sluice/engine'
import type { LoadEntry, TableChange } from '../catalog/lake-catalog.ts'
import type { DuckSession } from '../duckdb/duck-session.ts'
import { type LoadStage, makeChecked } from './checked-change.ts'
import { discardFiles, leaseOf, loadSummary, mostPlans, ownerOf, rewriteChange, stagedSummary } from './commit-load.ts'
import type { OpenLake } from './lake.ts'
import type { ChangeBase, PlannedRewrite } from './live-rows.ts'
import { whereText } from './load-identity.ts'
import { loadResult, repeatedResult } from './load-result.ts'
import { requireBranch } from './load-rows.ts'
import { rowsCondition } from './plan-load.ts'
import { planWhere } from './plan-where.ts'
import type { AnyTableOptions } from './table-properties.ts'
import type { LoadResult } from './types.ts'
import { announceWrites } from '../upkeep/announced-writes.ts'
import { existingTarget, findTable, type FoundTable } from './write-target.ts'

/** One deletion from one table. */
export interface RowDeletion {
  readonly lake: OpenLake
  readonly table: string
  readonly where: Readonly<Record<string, unknown>> | undefined
  readonly branch: string
  readonly loadId: string
  readonly tableOptions: AnyTableOptions
  readonly context: AttemptContext | undefined
}

const counts = { records: 0, loaded: 0, quarantined: 0, discarded: 0, filtered: 0 }

/**
 * Deletes rows by a condition, as one new snapshot; none when no row fulfils it. It is in the ledger as a load is: the same deletion
 * again gives the same result, and nothing is done. What is left in `main` is checked first, where the table has checks that block.
 *
 * Throws `TABLE_NOT_FOUND`, `LOAD_BLOCKED`, and `OPTION_INVALID` for a condition of every row.
 */
export async function deleteRows(deletion: RowDeletion): Promise<LoadResult> {
  const make = async (stage?: LoadStage): Promise<LoadResult> => {
    await using writer = announceWrites(deletion.lake)
    return await deleteAnnounced({ ...deletion, lake: writer.lake, stage })
  }
  if (deletion.branch !== 'main') return make()
  return makeChecked({ ...deletion, make, isRepeatable: true, readsMain: false })
}

interface StagedDeletion extends RowDeletion {
  readonly stage: LoadStage | undefined
}

async function deleteAnnounced(deletion: StagedDeletion): Promise<LoadResult> {
  const { lake, context, table, loadId, branch, stage } = deletion
  using _busy = context?.busy()
  await using session = await (await lake.duck()).session(context && { signal: context.signal })
  await using lease = await lake.catalog.lease(table, context && { signal: context.signal })
  for (let plans = 1; ; plans++) {
    const found = await findTable(lake.catalog, table)
    if (!found) throw new SluiceError('TABLE_NOT_FOUND', { table })
    const known = await lake.catalog.load(found.pointer.id, loadId)
    if (known && stage?.again !== true) return repeatedResult(known)
    if (!stage) requireBranch(table, found, branch)
    const { change, plan, base } = await planDeletion(deletion, session, found)
    await context?.requireOwned()
    const entry = entryOf(deletion, change, plan)
    try {
      context?.requireOpen()
      await lake.catalog.commit({
        id: lake.platform.newId(),
        ...(context && { owner: ownerOf(context) }),
        tables: [{ ...change, ...leaseOf(lease), load: entry }],
      })
      return loadResult(entry, { added: [], widened: [], rewritten: [], missing: [] })
    } catch (error) {
      if (isSluiceError(error, 'LAKE_COMMIT_CONFLICT')) await discardFiles(base, plan.files)
      else if (!isSluiceError(error, 'LOAD_EXISTS')) throw error
      const isLost = isSluiceError(error) && error.details['commit'] !== undefined && error.code !== 'LOAD_EXISTS'
      if (plans === mostPlans || isLost) throw error
    }
  }
}

interface PlannedDeletion {
  readonly change: TableChange
  readonly plan: PlannedRewrite
  readonly base: ChangeBase
}

async function planDeletion(
  { lake, table, where, branch: asked, loadId, tableOptions, context, stage }: StagedDeletion,
  session: DuckSession,
  found: FoundTable,
): Promise<PlannedDeletion> {
  const { platform, storage } = lake
  const branch = stage?.branch ?? asked
  const from = stage && ({ from: 'main' } as const)
  const options = { name: table, storageUrl: storage.url, options: tableOptions, platform, branch, ...from }
  const target = existingTarget(found, [], options)
  const base: ChangeBase = { lake, session, table, target, branch, ...from }
  const plan = await planWhere(base, rowsCondition(table, target.schema, where))
  const staged = stage && stagedSummary(found.metadata, { ...(where && { where }) })
  const summary = { ...loadSummary(loadId, context), ...staged }
  const change = await rewriteChange(base, plan, { snapshotId: platform.newSnapshotId(), manifests: [], summary }, true)
  return { change, plan, base }
}

function entryOf(
  { loadId, branch, where, stage }: StagedDeletion,
  { updates }: TableChange,
  { changes }: PlannedRewrite,
): LoadEntry {
  const made = updates.find((update) => update.action === 'add-snapshot')
  return {
    id: loadId,
    branch,
    operation: 'delete',
    state: stage ? 'staged' : 'committed',
    snapshotId: made?.snapshot['snapshot-id'],
    source: whereText(where ?? {}),
    counts,
    changes,
  }
}
