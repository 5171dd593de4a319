import { SluiceError } from '@sluice/core'
import type { AttemptContext } from '@sluice/engine'
import type { MovedRef } from '../table/history-types.ts'
import type { OpenLake } from '../table/lake.ts'
import { findView } from '../table/read-rows.ts'
import type { Version } from '../table/types.ts'
import { moveRef, refIn, removeRef, requireRefName } from './move-refs.ts'

/**
 * Makes a branch of a table, at a version or at what the table holds now: loads go into it by `{ branch }`, and `main` does not see them.
 * One that is at that version already is no error.
 *
 * Throws `TABLE_NOT_FOUND`, `TABLE_VERSION_NOT_FOUND`, `OPTION_INVALID` for a name that is none or taken.
 */
export async function branchTable(
  lake: OpenLake,
  table: string,
  branch: string,
  version?: Version,
  context?: AttemptContext,
): Promise<MovedRef> {
  requireRefName('branch', branch)
  const view = await findView(lake, table, version)
  const before = refIn(view, branch)
  if (before?.type === 'tag') throw taken(branch, 'is a tag of the table')
  if (before !== undefined && before['snapshot-id'] !== view.snapshot?.['snapshot-id'])
    throw taken(branch, `is a branch of the table already, at version ${before['snapshot-id']}`)
  return moveRef(lake, view, { name: branch, type: 'branch' }, context)
}

/**
 * Takes a branch away. Its versions are forgotten in time, when nothing else has them. Throws `TABLE_NOT_FOUND`,
 * `TABLE_VERSION_NOT_FOUND`, `OPTION_INVALID`, `LAKE_COMMIT_CONFLICT` (it has just moved).
 */
export function deleteBranch(
  lake: OpenLake,
  table: string,
  branch: string,
  context?: AttemptContext,
): Promise<MovedRef> {
  return removeRef(lake, table, { name: branch, type: 'branch' }, context)
}

function taken(branch: string, problem: string): SluiceError {
  return new SluiceError('OPTION_INVALID', { option: 'branch', problem: `'${branch}' ${problem}` })
}
