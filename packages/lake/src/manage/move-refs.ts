import { SluiceError } from '@sluice/core'
import type { AttemptContext } from '@sluice/engine'
import type { SnapshotRef } from '../format/table-metadata.ts'
import type { TableRequirement, TableUpdate } from '../format/table-update.ts'
import { ownerOf } from '../table/commit-load.ts'
import type { MovedRef } from '../table/history-types.ts'
import type { OpenLake } from '../table/lake.ts'
import { findView, type FoundView } from '../table/read-rows.ts'
import { schemaToReturnTo } from '../table/resolve-version.ts'
import type { Version } from '../table/types.ts'

export type { MovedRef } from '../table/history-types.ts'

/**
 * Makes an older version the current one. Nothing is deleted: the versions after it stay readable, and can be gone back to.
 *
 * Throws `TABLE_NOT_FOUND`, `TABLE_VERSION_NOT_FOUND`, `LAKE_COMMIT_CONFLICT` (somebody else has changed the table meanwhile).
 */
export async function rollbackTable(
  lake: OpenLake,
  table: string,
  version: Version,
  context?: AttemptContext,
): Promise<MovedRef> {
  return moveRef(lake, await findView(lake, table, version), { name: 'main', type: 'branch' }, context)
}

/** Ids, times and `main` mean something else where a version is asked for. */
export function requireRefName(option: 'tag' | 'branch', name: string): void {
  if (/^[a-z][\w.-]{0,127}$/i.test(name) && name !== 'main') return
  const problem =
    name === 'main'
      ? "'main' is what readers see; `rollback` moves it"
      : `${JSON.stringify(name)} is not a letter, followed by letters, digits, '_', '-' and '.'`
  throw new SluiceError('OPTION_INVALID', { option, problem })
}

export function refIn({ metadata: { refs = {} } }: FoundView, name: string): SnapshotRef | undefined {
  return Object.hasOwn(refs, name) ? refs[name] : undefined
}

/** A name of a table's versions. */
export interface RefName {
  readonly name: string
  readonly type: 'branch' | 'tag'
}

/** Lets a name stand for the version of the view; one that does already makes no commit. */
export async function moveRef(
  lake: OpenLake,
  view: FoundView,
  { name, type }: RefName,
  context: AttemptContext | undefined,
): Promise<MovedRef> {
  const { snapshot } = view
  if (!snapshot) throw new SluiceError('TABLE_VERSION_NOT_FOUND', { table: view.name, version: 'main' })
  const id = snapshot['snapshot-id']
  const before = refIn(view, name)
  const moved = { ...before, action: 'set-snapshot-ref', 'ref-name': name, 'snapshot-id': id, type } as const
  const schema = name === 'main' ? schemaToReturnTo(view.metadata, id) : []
  if (before?.['snapshot-id'] !== id) await commitRef(lake, view, name, [moved, ...schema], context)
  return { table: view.name, ref: name, snapshot: String(id), before: before && String(before['snapshot-id']) }
}

/** Takes a name away; its versions are forgotten in time, when nothing else has them. Throws `TABLE_VERSION_NOT_FOUND`, `OPTION_INVALID`. */
export async function removeRef(
  lake: OpenLake,
  table: string,
  { name, type }: RefName,
  context: AttemptContext | undefined,
): Promise<MovedRef> {
  requireRefName(type, name)
  const view = await findView(lake, table, undefined)
  const before = refIn(view, name)
  if (before === undefined) throw new SluiceError('TABLE_VERSION_NOT_FOUND', { table, version: name })
  if (before.type !== type)
    throw new SluiceError('OPTION_INVALID', { option: type, problem: `'${name}' is a ${before.type} of the table` })
  await commitRef(lake, view, name, [{ action: 'remove-snapshot-ref', 'ref-name': name }], context)
  const id = String(before['snapshot-id'])
  return { table, ref: name, snapshot: id, before: id }
}

/** While the name stands for what it was found to stand for. */
async function commitRef(
  lake: OpenLake,
  view: FoundView,
  ref: string,
  updates: readonly TableUpdate[],
  context: AttemptContext | undefined,
): Promise<void> {
  const requirements: readonly TableRequirement[] = [
    { type: 'assert-table-uuid', uuid: view.metadata['table-uuid'] },
    { type: 'assert-ref-snapshot-id', ref, 'snapshot-id': refIn(view, ref)?.['snapshot-id'] ?? null },
  ]
  context?.requireOpen()
  await context?.requireOwned()
  await lake.catalog.commit({
    id: lake.platform.newId(),
    ...(context && { owner: ownerOf(context) }),
    tables: [{ name: view.name, requirements, updates }],
  })
}
