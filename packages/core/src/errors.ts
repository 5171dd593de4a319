import { type ErrorCode, errorCodes } from './error-codes.ts'
import { type ErrorDetails, sentence } from './error-text.ts'
import { safely } from './safely.ts'

const brand = Symbol.for('sluice.error')

/** Options of {@link SluiceError}: what led to it. */
export interface SluiceErrorOptions {
  readonly cause?: unknown
}

/**
 * Every error that Sluice itself raises. The code is stable and documented in `docs/errors.md`; the message says what
 * happened and what to do next.
 *
 * @example
 * throw new SluiceError('TASK_TIMEOUT', { task: 'extract', after: '30s' })
 */
export class SluiceError<C extends ErrorCode = ErrorCode> extends Error {
  readonly code: C
  readonly details: ErrorDetails

  constructor(code: C, details: ErrorDetails = {}, options?: SluiceErrorOptions) {
    super(messageOf(code, details), options)
    this.code = code
    this.details = details
  }
}

// On the prototype, so that printing an error shows code and details only.
Object.defineProperties(SluiceError.prototype, {
  name: { value: 'SluiceError', configurable: true, writable: true },
  [brand]: { value: true },
})

/**
 * Whether `error` is a {@link SluiceError}, of this code when one is given. Recognises errors of another copy of this
 * package, which `instanceof` does not.
 */
export function isSluiceError<C extends ErrorCode>(error: unknown, code?: C): error is SluiceError<C> {
  if (typeof error !== 'object' || error === null) return false
  // What is thrown may be a proxy that explodes when it is touched.
  return safely(() => brand in error && (code === undefined || ('code' in error && error.code === code))) === true
}

function messageOf(code: ErrorCode, details: ErrorDetails): string {
  const { message, next } = errorCodes[code]
  // Details may hold anything; an error about one thing must not become an error about its text.
  const text = safely(() => message(details)) ?? message({})
  return `${sentence(text)} ${next}`
}
