import { isSluiceError, SluiceError } from '@sluice/core'

/** What the system says of a disk that takes no more. */
const full = new Set(['ENOSPC', 'EDQUOT'])
/** Trying again is no use before somebody changes rights, or the file system. */
const denied = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTSUP', 'EOPNOTSUPP'])
/** A part of the key is a file, or the file is a directory: there is no such file. */
const absent = new Set(['ENOENT', 'ENOTDIR', 'EISDIR'])

/** The system's code of an error, if it has one. */
export const systemCode = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : ''

/** True when what was asked for is not there. */
export const isAbsent = (error: unknown): boolean => absent.has(systemCode(error))

/** The lake's error for an error of the file system, met at this key. */
export function storageError(error: unknown, location: string, key: string): unknown {
  if (isSluiceError(error) || !(error instanceof Error)) return error
  const code = systemCode(error)
  if (code === '') return error
  if (code === 'EEXIST') return new SluiceError('LAKE_FILE_EXISTS', { key, location }, { cause: error })
  if (absent.has(code)) return new SluiceError('LAKE_FILE_NOT_FOUND', { key, location }, { cause: error })
  const reason = full.has(code) ? 'the disk is full' : error.message
  const told = denied.has(code) ? 'LAKE_STORAGE_DENIED' : 'LAKE_STORAGE_UNAVAILABLE'
  return new SluiceError(told, { location, key, reason }, { cause: error })
}
