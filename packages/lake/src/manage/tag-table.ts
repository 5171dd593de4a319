import { SluiceError } from '@sluice/core'
import type { AttemptContext } from '@sluice/engine'
import type { MovedRef } from '../table/history-types.ts'
import type { OpenLake } from '../table/lake.ts'
import { findView } from '../table/read-rows.ts'
import type { Version } from '../table/types.ts'
import { moveRef, refIn, removeRef, requireRefName } from './move-refs.ts'

export interface TagRequest {
  /** Default: what the table holds now. */
  readonly version?: Version | undefined
  /** False: a tag of another version is refused. Default true. */
  readonly move?: boolean
  readonly context?: AttemptContext | undefined
}

/**
 * Gives a version a name, under which it is found and kept. Throws `TABLE_NOT_FOUND`, `TABLE_VERSION_NOT_FOUND`, `OPTION_INVALID` for a
 * name that is none or taken.
 */
export async function tagTable(
  lake: OpenLake,
  table: string,
  tag: string,
  { version, move = true, context }: TagRequest = {},
): Promise<MovedRef> {
  requireRefName('tag', tag)
  const view = await findView(lake, table, version)
  const before = refIn(view, tag)
  if (before?.type === 'branch') throw taken(`'${tag}' is a branch of the table`)
  if (!move && before !== undefined && before['snapshot-id'] !== view.snapshot?.['snapshot-id'])
    throw taken(`'${tag}' is at version ${before['snapshot-id']} already; say \`move\` to have it elsewhere`)
  return moveRef(lake, view, { name: tag, type: 'tag' }, context)
}

/** Takes a tag away: what only it kept is forgotten in time. Throws `TABLE_VERSION_NOT_FOUND`, `OPTION_INVALID`. */
export function deleteTag(lake: OpenLake, table: string, tag: string, context?: AttemptContext): Promise<MovedRef> {
  return removeRef(lake, table, { name: tag, type: 'tag' }, context)
}

function taken(problem: string): SluiceError {
  return new SluiceError('OPTION_INVALID', { option: 'tag', problem })
}
