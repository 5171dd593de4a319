import { runChecks } from '../checks/run-checks.ts'
import { checksOf } from '../checks/stored-checks.ts'
import type { CheckSpec } from '../checks/check-spec.ts'
import type { AttemptContext } from '@sluice/engine'
import { blockedError } from './blocked-error.ts'
import type { OpenLake } from './lake.ts'
import { repeatedResult, resultOf } from './load-result.ts'
import { publishLoad } from './publish-load.ts'
import { findView } from './read-rows.ts'
import { stageBranch } from './stage-branch.ts'
import { type AnyTableOptions, propertiesOf } from './table-properties.ts'
import type { LoadResult } from './types.ts'
import { findTable } from './write-target.ts'

/** Where a change is written that is to be checked before `main` has it. */
export interface LoadStage {
  /** It begins at what `main` holds. */
  readonly branch: string
  /** The load was staged before, on what `main` does not hold any more: its rejected rows are kept already. */
  readonly again: boolean
}

/** A load or a deletion, as its checks see it. */
export interface CheckedChange {
  readonly lake: OpenLake
  readonly table: string
  readonly tableOptions: AnyTableOptions
  readonly loadId: string
  readonly context: AttemptContext | undefined
  /** Does it: at once, or on a branch of its own. */
  readonly make: (stage?: LoadStage) => Promise<LoadResult>
  /** It can be made again when `main` has moved. */
  readonly isRepeatable: boolean
  /** What it brings depends on what `main` holds: its files are not put on top of anything else. */
  readonly readsMain: boolean
}

/**
 * Changes `main` of a table with the checks that it has. With checks that block the change is staged on a branch of its own, checked
 * there, and published; with others, or none, it is committed at once. Throws `LOAD_BLOCKED`, and what `make` throws.
 */
export async function makeChecked(change: CheckedChange): Promise<LoadResult> {
  const { lake, table, tableOptions, loadId, context, make, readsMain } = change
  const found = await findTable(lake.catalog, table)
  const checks = checksOf({ ...found?.metadata.properties, ...propertiesOf(table, tableOptions) })
  if (!checks.some(({ severity }) => severity === 'block')) return withWarnings(change, checks, await make())
  const known = found && (await lake.catalog.load(found.pointer.id, loadId))
  if (known?.state === 'blocked') throw await blockedError(lake, table, loadId)
  if (known && known.state !== 'staged') return repeatedResult(known)
  const branch = stageBranch(loadId)
  const staged = known ? undefined : await make({ branch, again: false })
  // Nothing was loaded: there is no ledger entry either.
  if (staged && staged.snapshot === undefined && !(await isKnown(change))) return staged
  const restage = async (): Promise<void> => void (await make({ branch, again: true }))
  const entry = await publishLoad({ lake, table, loadId, context, readsMain, ...(change.isRepeatable && { restage }) })
  if (entry.state === 'blocked') throw await blockedError(lake, table, loadId)
  return staged ? { ...staged, ...resultOf(entry) } : repeatedResult(entry)
}

async function isKnown({ lake, table, loadId }: CheckedChange): Promise<boolean> {
  const found = await findTable(lake.catalog, table)
  return found !== undefined && (await lake.catalog.load(found.pointer.id, loadId)) !== undefined
}

/** Checks that only warn look at what is there already. */
async function withWarnings(
  { lake, table, loadId, context }: CheckedChange,
  checks: readonly CheckSpec[],
  result: LoadResult,
): Promise<LoadResult> {
  if (checks.length === 0 || result.snapshot === undefined || result.repeated) return result
  const view = await findView(lake, table, result.snapshot)
  const findings = await runChecks({ lake, view, checks, loadId, signal: context?.signal })
  await lake.catalog.recordChecks(view.pointer.id, findings, context?.rootId)
  return result
}
