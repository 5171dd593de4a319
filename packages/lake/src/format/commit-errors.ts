import { SluiceError } from '@sluice/core'
import type { TableRequirement } from './table-update.ts'

/** The base has changed since the writer looked: reading again and planning again may help. */
export function commitConflict(problem: string, requirement?: TableRequirement): SluiceError<'LAKE_COMMIT_CONFLICT'> {
  return new SluiceError('LAKE_COMMIT_CONFLICT', requirement === undefined ? { problem } : { problem, requirement })
}

/** The change makes no valid table, and never will. */
export function commitInvalid(problem: string): SluiceError<'LAKE_COMMIT_INVALID'> {
  return new SluiceError('LAKE_COMMIT_INVALID', { problem })
}
