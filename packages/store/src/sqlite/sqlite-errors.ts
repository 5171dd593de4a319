import { isSluiceError, SluiceError } from '@sluice/core'

/** Primary result codes of SQLite: the low eight bits of `errcode`. */
const result = {
  busy: 5,
  locked: 6,
  readOnly: 8,
  io: 10,
  corrupt: 11,
  full: 13,
  cantOpen: 14,
  notADatabase: 26,
} as const

/**
 * The error of the store for an error of SQLite. What is neither the file nor the disk is a mistake in our own SQL and
 * stays as it is.
 */
export function fromSqliteError(error: unknown, location: string): unknown {
  if (isSluiceError(error) || !(error instanceof Error)) return error
  if ('code' in error && error.code === 'ERR_INVALID_STATE') return unavailable(location, 'it was closed', error)
  const code = 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : 0
  switch (code) {
    case result.busy:
    case result.locked:
      return new SluiceError(
        'STORE_UNAVAILABLE',
        { location, reason: 'another process is writing', busy: true },
        { cause: error },
      )
    case result.readOnly:
      return new SluiceError('STORE_READ_ONLY', { location }, { cause: error })
    case result.full:
      return new SluiceError('STORE_FULL', { location }, { cause: error })
    case result.corrupt:
    case result.notADatabase:
      return new SluiceError('STORE_CORRUPT', { location, reason: error.message }, { cause: error })
    case result.io:
    case result.cantOpen:
      return unavailable(location, error.message, error)
    default:
      return error
  }
}

function unavailable(location: string, reason: string, cause: Error): SluiceError {
  return new SluiceError('STORE_UNAVAILABLE', { location, reason }, { cause })
}
