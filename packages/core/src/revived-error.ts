import { type ErrorCode, errorCodes } from './error-codes.ts'
import { errorFields } from './error-parts.ts'
import { SluiceError } from './errors.ts'
import type { StoredError } from './stored-error.ts'

const builtIns = new Map(
  [TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError].map((its) => [its.name, its] as const),
)

/**
 * An error that reads and prints as the one that was stored: a built-in class or a {@link SluiceError} where it was one,
 * else an Error under the original's name. Classes of author code are not revived: compare `name` or `code` instead of
 * using `instanceof`.
 */
export function fromStoredError(stored: StoredError): Error {
  const error = shellOf(stored)
  if (stored.name !== error.name) hide(error, 'name', stored.name)
  hide(error, 'message', stored.message)
  hide(error, 'stack', stored.stack ?? `${stored.name}: ${stored.message}`)
  if (stored.cause !== undefined) hide(error, 'cause', fromStoredError(stored.cause))
  if (!(error instanceof SluiceError)) showProperties(error, stored)
  return error
}

/** An error of the right class; everything it says is set afterwards. */
function shellOf(stored: StoredError): Error {
  if (stored.name === 'SluiceError' && isKnownCode(stored.code)) return new SluiceError(stored.code, stored.details)
  if (stored.errors !== undefined) return new AggregateError(stored.errors.map(fromStoredError))
  return new (builtIns.get(stored.name) ?? Error)()
}

/** False for a code of a newer version: then the error keeps what it says, as a plain Error. */
function isKnownCode(code: string | undefined): code is ErrorCode {
  return code !== undefined && Object.hasOwn(errorCodes, code)
}

function showProperties(error: Error, stored: StoredError): void {
  if (stored.code !== undefined) show(error, 'code', stored.code)
  for (const [key, value] of Object.entries(stored.details ?? {})) {
    if (!errorFields.has(key)) show(error, key, value)
  }
}

/** As errors have their message: not listed when the error is printed. */
function hide(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, { value, enumerable: false, writable: true, configurable: true })
}

function show(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, { value, enumerable: true, writable: true, configurable: true })
}
