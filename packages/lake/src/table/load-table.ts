import { isSluiceError, SluiceError } from '@sluice/core'
import { runChecks } from '../checks/run-checks.ts'
import { checksOf } from '../checks/stored-checks.ts'
import type { CheckSpec } from '../checks/check-spec.ts'
import { isRelation } from '../sql/query-source.ts'
import { blockedError } from './blocked-error.ts'
import { repeatedResult, resultOf } from './load-result.ts'
import { canReadAgain, loadRows, type RowLoad } from './load-rows.ts'
import { publishLoad } from './publish-load.ts'
import { findView } from './read-rows.ts'
import { ReplaySource } from './replay-source.ts'
import { stageBranch } from './stage-branch.ts'
import { propertiesOf } from './table-properties.ts'
import type { LoadResult } from './types.ts'
import { findTable } from './write-target.ts'

/**
 * Loads rows into a table, with the checks that it has. A load into `main` of a table with checks that block is staged on a branch of
 * its own, checked there, and published; any other is committed at once. One that is refused for its rows leaves an incident.
 *
 * Throws `LOAD_BLOCKED`, `LOAD_REJECTED`, and what `loadRows` throws.
 */
export async function loadTable(load: RowLoad): Promise<LoadResult> {
  try {
    return await loadChecked(load)
  } catch (error) {
    // Of a replay nothing new went wrong: its rows are in the quarantine already.
    const isNew = !(load.source instanceof ReplaySource)
    throw isNew && isSluiceError(error, 'LOAD_REJECTED') ? await withIncident(load, error) : error
  }
}

async function loadChecked(load: RowLoad): Promise<LoadResult> {
  const { lake, table, tableOptions, loadId, operation, source, context } = load
  if ((load.options.branch ?? 'main') !== 'main') return loadRows(load)
  const found = await findTable(lake.catalog, table)
  const checks = checksOf({ ...found?.metadata.properties, ...propertiesOf(table, tableOptions) })
  if (!checks.some(({ severity }) => severity === 'block')) return withWarnings(load, checks, await loadRows(load))
  const known = found && (await lake.catalog.load(found.pointer.id, loadId))
  if (known?.state === 'blocked') throw await blockedError(lake, table, loadId)
  if (known && known.state !== 'staged') return repeatedResult(known)
  const branch = stageBranch(loadId)
  const staged = known ? undefined : await loadRows({ ...load, stage: { branch, again: false } })
  // Nothing was loaded: there is no ledger entry either.
  if (staged && staged.snapshot === undefined && !(await isKnown(load))) return staged
  const restage = async (): Promise<void> => void (await loadRows({ ...load, stage: { branch, again: true } }))
  const readsMain = operation !== 'append' && isRelation(source)
  const entry = await publishLoad({ lake, table, loadId, context, readsMain, ...(canReadAgain(source) && { restage }) })
  if (entry.state === 'blocked') throw await blockedError(lake, table, loadId)
  return staged ? { ...staged, ...resultOf(entry) } : repeatedResult(entry)
}

async function isKnown({ lake, table, loadId }: RowLoad): Promise<boolean> {
  const found = await findTable(lake.catalog, table)
  return found !== undefined && (await lake.catalog.load(found.pointer.id, loadId)) !== undefined
}

/** Checks that only warn look at what is there already. */
async function withWarnings(load: RowLoad, checks: readonly CheckSpec[], result: LoadResult): Promise<LoadResult> {
  if (checks.length === 0 || result.snapshot === undefined || result.repeated) return result
  const { lake, table, loadId, context } = load
  const view = await findView(lake, table, result.snapshot)
  const findings = await runChecks({ lake, view, checks, loadId, signal: context?.signal })
  await lake.catalog.recordChecks(view.pointer.id, findings, context?.rootId)
  return result
}

/** Rows may hold what is not to be shown: an incident counts them. */
async function withIncident({ lake, table, loadId, context }: RowLoad, error: SluiceError): Promise<SluiceError> {
  const { problem, records = null, rejected = null } = error.details as Readonly<Record<string, string | number>>
  const { id: incident } = await lake.catalog.openIncident(
    table,
    {
      id: lake.platform.newId(),
      kind: 'rejected',
      loadId,
      snapshotId: null,
      message: String(problem ?? error.message).slice(0, 4_000),
      detail: { records, rejected },
    },
    context?.rootId,
  )
  return new SluiceError(error.code, { ...error.details, incident }, { cause: error })
}
