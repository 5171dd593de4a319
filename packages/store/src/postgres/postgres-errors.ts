import { isSluiceError, SluiceError } from '@sluice/core'
import { DatabaseError } from 'pg'

/** Nothing was done, and it may well be done in a moment: deadlock, lock timeout, starting up, too many clients. */
const busy = new Set(['40001', '40P01', '55P03', '57P03', '53300'])
/** The server is there and will not, or goes away: connection classes, resources, shutdown, wrong password, no database. */
const unavailable = /^(?:08|28|53|58|3D000|57P01|57P02)/
const readOnly = new Set(['25006', '42501'])
const corrupt = new Set(['XX001', 'XX002', '42P07'])

/**
 * The error of the store for an error of the driver. A failed statement that is none of these is a mistake in our own SQL
 * and stays as it is. Never tells a password: the driver's messages hold user, host and database at most.
 */
export function fromPostgresError(error: unknown, location: string): unknown {
  if (isSluiceError(error) || !(error instanceof Error) || isMistake(error)) return error
  const code = error instanceof DatabaseError ? (error.code ?? '') : ''
  const details = { location, reason: error.message === '' && 'code' in error ? String(error.code) : error.message }
  if (code === '3D000')
    return new SluiceError(
      'STORE_UNAVAILABLE',
      { ...details, reason: `${details.reason}: create it first (createdb)` },
      { cause: error },
    )
  if (busy.has(code)) return new SluiceError('STORE_UNAVAILABLE', { ...details, busy: true }, { cause: error })
  if (code === '53100') return new SluiceError('STORE_FULL', { location }, { cause: error })
  if (readOnly.has(code)) return new SluiceError('STORE_READ_ONLY', details, { cause: error })
  if (corrupt.has(code)) return new SluiceError('STORE_CORRUPT', details, { cause: error })
  if (error instanceof DatabaseError && !unavailable.test(code)) return error
  return new SluiceError('STORE_UNAVAILABLE', details, { cause: error })
}

/** True when the connection is still good: the server answered, if only to refuse. */
export function isAnswer(error: unknown): boolean {
  return isSluiceError(error) || error instanceof DatabaseError
}

function isMistake(error: Error): boolean {
  return error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError
}
