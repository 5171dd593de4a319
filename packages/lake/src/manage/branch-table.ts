import { SluiceError } from '@sluice/core'
import type { SnapshotRef } from '../format/table-metadata.ts'
import type { OpenLake } from '../table/lake.ts'
import { findView, type FoundView } from '../table/read-rows.ts'
import type { Version } from '../table/types.ts'
import { type MovedRef, moveRef, requireRefName } from './move-refs.ts'

/**
 * Makes a branch of a table, at a version or at what the table holds now: loads go into it by `{ branch }`, and `main` does not see them.
 * One that is at that version already is no error.
 *
 * Throws `TABLE_NOT_FOUND`, `TABLE_VERSION_NOT_FOUND`, `OPTION_INVALID` for a name that is none or taken.
 */
export async function branchTable(lake: OpenLake, table: string, branch: string, version?: Version): Promise<MovedRef> {
  requireRefName('branch', branch)
  const view = await findView(lake, table, version)
  const before = refIn(view, branch)
  if (before?.type === 'tag') throw taken(branch, 'is a tag of the table')
  if (before !== undefined && before['snapshot-id'] !== view.snapshot?.['snapshot-id'])
    throw taken(branch, `is a branch of the table already, at version ${before['snapshot-id']}`)
  return moveRef(lake, view, branch, 'branch')
}

/**
 * Takes a branch away. Its versions are forgotten in time, when nothing else has them. Throws `TABLE_NOT_FOUND`,
 * `TABLE_VERSION_NOT_FOUND`, `OPTION_INVALID`, `LAKE_COMMIT_CONFLICT` (it has just moved).
 */
export async function deleteBranch(lake: OpenLake, table: string, branch: string): Promise<MovedRef> {
  requireRefName('branch', branch)
  const view = await findView(lake, table, undefined)
  const before = refIn(view, branch)
  if (before === undefined) throw new SluiceError('TABLE_VERSION_NOT_FOUND', { table, version: branch })
  if (before.type === 'tag') throw taken(branch, 'is a tag of the table')
  const id = before['snapshot-id']
  const { 'table-uuid': uuid } = view.metadata
  await lake.catalog.commit({
    id: lake.platform.newId(),
    tables: [
      {
        name: table,
        requirements: [
          { type: 'assert-table-uuid', uuid },
          { type: 'assert-ref-snapshot-id', ref: branch, 'snapshot-id': id },
        ],
        updates: [{ action: 'remove-snapshot-ref', 'ref-name': branch }],
      },
    ],
  })
  return { table, ref: branch, snapshot: String(id), before: String(id) }
}

function refIn({ metadata: { refs = {} } }: FoundView, name: string): SnapshotRef | undefined {
  return Object.hasOwn(refs, name) ? refs[name] : undefined
}

function taken(branch: string, problem: string): SluiceError {
  return new SluiceError('OPTION_INVALID', { option: 'branch', problem: `'${branch}' ${problem}` })
}
