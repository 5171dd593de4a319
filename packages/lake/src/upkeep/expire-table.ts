import { isSluiceError, SluiceError } from '@sluice/core'
import type { AttemptContext } from '@sluice/engine'
import type { LakeCommit } from '../catalog/lake-catalog.ts'
import { type Expired, expiredHistory } from '../format/retention.ts'
import type { TableUpdate } from '../format/table-update.ts'
import { rawDirectory } from '../raw/raw-keys.ts'
import { ageMs } from '../table/age.ts'
import type { OpenLake } from '../table/lake.ts'
import { requireOptions } from '../table/require-options.ts'
import type { ExpireOptions, ExpireResult } from '../table/upkeep-types.ts'
import { findTable, type FoundTable } from '../table/write-target.ts'
import { expireRaw } from './expire-raw.ts'
import { defaultGraceMs, finishDeletions } from './finish-deletions.ts'
import { type PlannedDeletion, writeDeletion } from './planned-deletion.ts'
import { reachableFiles } from './reachable-files.ts'

/** So often a table may change while its expiry is planned. */
const mostPlans = 20

/**
 * Forgets old versions of a table and deletes the files that only they consist of, once the grace is over. What any branch or tag points
 * at stays readable.
 *
 * Throws `TABLE_NOT_FOUND`, `OPTION_INVALID`, `LAKE_FOREIGN_CATALOG`.
 */
export async function expireTable(
  lake: OpenLake,
  name: string,
  options: ExpireOptions = {},
  context?: AttemptContext,
): Promise<ExpireResult> {
  const { dryRun = false, grace } = requireExpire(options)
  for (let plans = 1; ; plans++) {
    const found = await findTable(lake.catalog, name)
    if (!found) throw new SluiceError('TABLE_NOT_FOUND', { table: name })
    await expireRaw(lake, { table: name, dryRun })
    const plan = await planExpiry(lake, found, options)
    const result = resultOf(name, plan)
    if (dryRun) return { ...result, deleted: 0, waiting: plan.files.length }
    if (isEmpty(plan) || (await commitExpiry(lake, found, plan, context))) {
      const { directory } = found.pointer
      const own = await finishDeletions(lake, { graceMs: grace, directory })
      const raw = await finishDeletions(lake, { graceMs: grace, directory: rawDirectory(name) })
      return { ...result, deleted: own.deleted + raw.deleted, waiting: own.waiting + raw.waiting }
    }
    if (plans === mostPlans)
      throw new SluiceError('LAKE_COMMIT_CONFLICT', { table: name, reason: 'others were always first' })
  }
}

function requireExpire(options: ExpireOptions): { readonly dryRun?: boolean; readonly grace: number } {
  requireOptions('expire', options, ['olderThan', 'keep', 'dryRun', 'grace'])
  const { keep, dryRun, grace } = options
  if (keep !== undefined && (!Number.isSafeInteger(keep) || keep < 1))
    throw new SluiceError('OPTION_INVALID', { option: 'keep', problem: 'it must be a whole number from 1 on' })
  return {
    ...(dryRun !== undefined && { dryRun }),
    grace: grace === undefined ? defaultGraceMs : ageMs('grace', grace),
  }
}

interface ExpiryPlan extends Expired {
  readonly files: readonly string[]
  readonly bytes: number
}

async function planExpiry(lake: OpenLake, found: FoundTable, { olderThan, keep }: ExpireOptions): Promise<ExpiryPlan> {
  const { metadata, pointer } = found
  const expired = expiredHistory(metadata, {
    now: lake.platform.now(),
    ...(olderThan !== undefined && { maxAgeMs: ageMs('olderThan', olderThan) }),
    ...(keep !== undefined && { keep }),
  })
  if (expired.snapshots.length === 0) return { ...expired, files: [], bytes: 0 }
  const place = { location: metadata.location, directory: pointer.directory }
  const gone = new Set(expired.snapshots)
  const kept = await reachableFiles(
    lake,
    place,
    (metadata.snapshots ?? []).filter((each) => !gone.has(each)),
  )
  const files = [...(await reachableFiles(lake, place, expired.snapshots, { partial: true }))].filter(
    ([key]) => !kept.has(key) && key.startsWith(`${pointer.directory}/`),
  )
  return { ...expired, files: files.map(([key]) => key), bytes: files.reduce((sum, [, size]) => sum + size, 0) }
}

const isEmpty = ({ refs, snapshots }: Expired): boolean => refs.length + snapshots.length === 0

function resultOf(table: string, plan: ExpiryPlan): Pick<ExpireResult, 'table' | 'snapshots' | 'refs' | 'bytes'> {
  return {
    table,
    snapshots: plan.snapshots.map((each) => String(each['snapshot-id'])),
    refs: plan.refs,
    bytes: plan.bytes,
  }
}

/** False: the table has changed meanwhile. */
async function commitExpiry(
  lake: OpenLake,
  { pointer, metadata }: FoundTable,
  plan: ExpiryPlan,
  context: AttemptContext | undefined,
): Promise<boolean> {
  const { id: tableId, name: table, directory } = pointer
  const { storage, platform } = lake
  const deletion: PlannedDeletion | undefined =
    plan.files.length === 0
      ? undefined
      : await writeDeletion(storage, platform.newId(), {
          table,
          tableId,
          directory,
          at: platform.now(),
          files: plan.files,
        })
  const removed = plan.refs.map((ref): TableUpdate => ({ action: 'remove-snapshot-ref', 'ref-name': ref }))
  const ids = plan.snapshots.map((snapshot) => snapshot['snapshot-id'])
  const commit: LakeCommit = {
    id: platform.newId(),
    ...(context && { owner: { rootId: context.rootId, epoch: context.epoch } }),
    tables: [
      {
        name: table,
        requirements: [
          { type: 'assert-table-uuid', uuid: metadata['table-uuid'] },
          ...plan.refs.map((ref) => {
            const id = metadata.refs?.[ref]?.['snapshot-id'] ?? null
            return { type: 'assert-ref-snapshot-id', ref, 'snapshot-id': id } as const
          }),
        ],
        updates: ids.length === 0 ? removed : [...removed, { action: 'remove-snapshots', 'snapshot-ids': ids }],
      },
    ],
  }
  try {
    await lake.catalog.commit(commit)
    return true
  } catch (error) {
    // Invalid when a branch or tag was put on one of the snapshots meanwhile.
    const overtaken = isSluiceError(error, 'LAKE_COMMIT_CONFLICT') || isSluiceError(error, 'LAKE_COMMIT_INVALID')
    if (!overtaken) throw error
    if (deletion) await storage.delete([deletion.key])
    return false
  }
}
