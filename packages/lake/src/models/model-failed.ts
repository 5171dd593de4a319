import { isSluiceError, SluiceError } from '@sluice/core'
import type { Model } from './read-models.ts'

/** What the SQL of a model may be wrong with. Others (a lost lease, a full disk) are not its fault. */
const faults: ReadonlySet<string> = new Set([
  'SQL_INVALID',
  'SQL_NOT_ALLOWED',
  'LAKE_QUERY_FAILED',
  'TABLE_NOT_FOUND',
  'TABLE_NAME_INVALID',
  'TABLE_VERSION_NOT_FOUND',
  'TABLE_EXISTS',
  'TABLE_KEY_MISSING',
  'TABLE_COLUMN_UNKNOWN',
  'TABLE_OWNER_MISSING',
  'LOAD_COLUMN_INVALID',
  'LOAD_CONTRACT_BROKEN',
  'LOAD_DUPLICATE_KEY',
  'LAKE_VALUE_UNSUPPORTED',
])

/** The error of a model, with its file, and the line in it where that is known. */
export function modelFailed({ file }: Pick<Model, 'file'>, error: unknown): unknown {
  if (!isSluiceError(error) || !faults.has(error.code)) return error
  const { problem, line } = error.details
  const place = typeof line === 'number' ? `${file}:${line}` : file
  const told = typeof problem === 'string' ? problem.replace(/ \(line \d+\)$/, '') : firstSentence(error.message)
  return new SluiceError('MODEL_FAILED', { file: place, problem: told }, { cause: error })
}

const firstSentence = (message: string): string => message.split('. ', 1)[0] ?? message
