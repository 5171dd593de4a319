import { SluiceError } from '@sluice/core'
import type { Snapshot } from '../format/table-metadata.ts'
import type { TableRequirement } from '../format/table-update.ts'
import type { OpenLake } from '../table/lake.ts'
import { findView, type FoundView } from '../table/read-rows.ts'
import type { Version } from '../table/types.ts'

/** Where a branch or a tag is, and was. */
export interface MovedRef {
  readonly table: string
  readonly ref: string
  readonly snapshot: string
  /** Undefined: there was no such tag. */
  readonly before: string | undefined
}

/**
 * Makes an older version the current one. Nothing is deleted: the versions after it stay readable, and can be gone back to.
 *
 * Throws `TABLE_NOT_FOUND`, `TABLE_VERSION_NOT_FOUND`, `LAKE_COMMIT_CONFLICT` (somebody else has changed the table meanwhile).
 */
export async function rollbackTable(lake: OpenLake, table: string, version: Version): Promise<MovedRef> {
  return moveRef(lake, await findView(lake, table, version), 'main', 'branch')
}

/** Gives a version a name, under which it is found and kept; its current version when none is said. */
export async function tagTable(lake: OpenLake, table: string, tag: string, version?: Version): Promise<MovedRef> {
  requireRefName('tag', tag)
  const view = await findView(lake, table, version)
  if (view.metadata.refs?.[tag]?.type === 'branch')
    throw new SluiceError('OPTION_INVALID', { option: 'tag', problem: `'${tag}' is a branch of the table` })
  return moveRef(lake, view, tag, 'tag')
}

/** Ids, times and `main` mean something else where a version is asked for. */
export function requireRefName(option: 'tag' | 'branch', name: string): void {
  if (/^[a-z][\w.-]{0,127}$/i.test(name) && name !== 'main') return
  const problem = `${JSON.stringify(name)} is not a letter, followed by letters, digits, '_', '-' and '.'`
  throw new SluiceError('OPTION_INVALID', { option, problem })
}

export async function moveRef(lake: OpenLake, view: FoundView, ref: string, type: 'branch' | 'tag'): Promise<MovedRef> {
  const { name, metadata } = view
  const { 'snapshot-id': id } = requireSnapshot(view)
  const before = metadata.refs?.[ref]
  const requirements: readonly TableRequirement[] = [
    { type: 'assert-table-uuid', uuid: metadata['table-uuid'] },
    { type: 'assert-ref-snapshot-id', ref, 'snapshot-id': before?.['snapshot-id'] ?? null },
  ]
  const moved = { ...before, action: 'set-snapshot-ref', 'ref-name': ref, 'snapshot-id': id, type } as const
  if (before?.['snapshot-id'] !== id)
    await lake.catalog.commit({ id: lake.platform.newId(), tables: [{ name, requirements, updates: [moved] }] })
  return { table: name, ref, snapshot: String(id), before: before && String(before['snapshot-id']) }
}

function requireSnapshot({ name, snapshot }: FoundView): Snapshot {
  if (snapshot) return snapshot
  throw new SluiceError('TABLE_VERSION_NOT_FOUND', { table: name, version: 'main' })
}
