import { boundedText, isError, nameOf, ownProperties, read, stackOf } from './error-parts.ts'
import { isSluiceError, SluiceError } from './errors.ts'
import { type Json, toJsonSafe } from './json-safe.ts'
import { limits } from './limits.ts'
import { safely } from './safely.ts'

/** An error as it is kept: plain data, masked and bounded. */
export interface StoredError {
  readonly name: string
  readonly message: string
  readonly code?: string
  readonly stack?: string
  readonly cause?: StoredError
  /** The errors of an AggregateError. */
  readonly errors?: readonly StoredError[]
  /** Its other own properties, as far as JSON can hold them. */
  readonly details?: Readonly<Record<string, unknown>>
}

/** How many errors the tree may still have: aggregates of aggregates grow fast. */
interface Budget {
  errors: number
}

/**
 * The error as plain data. Secrets are masked; message, stack, causes, errors and properties are bounded. Whatever was
 * thrown, and whatever its getters do, this does not throw. What is not an Error is told as `NON_ERROR_THROWN`.
 */
export function toStoredError(error: unknown): StoredError {
  return store(error, 0, { errors: limits.errorCount })
}

function store(error: unknown, depth: number, budget: Budget): StoredError {
  budget.errors -= 1
  if (!isError(error)) return storeOther(error)
  const name = nameOf(error)
  const code = codeOf(error)
  const stack = stackOf(error, name)
  const cause = causeOf(error, depth, budget)
  const errors = errorsOf(error, depth, budget)
  const details = detailsOf(error)
  return {
    name,
    message: boundedText(read(error, 'message')),
    ...(code === undefined ? {} : { code }),
    ...(stack === undefined ? {} : { stack }),
    ...(cause === undefined ? {} : { cause }),
    ...(errors === undefined ? {} : { errors }),
    ...(details === undefined ? {} : { details }),
  }
}

/** Without a stack: it would tell where we are, not where the value was thrown. */
function storeOther(thrown: unknown): StoredError {
  const text = typeof thrown === 'string' ? thrown : (JSON.stringify(toJsonSafe(thrown, 1_000)) ?? typeof thrown)
  const value = boundedText(text)
  const { name, message, code } = new SluiceError('NON_ERROR_THROWN', { value })
  return { name, message, code, details: { value } }
}

function codeOf(error: Error): string | undefined {
  const code = read(error, 'code')
  return typeof code === 'string' ? boundedText(code) : undefined
}

function causeOf(error: Error, depth: number, budget: Budget): StoredError | undefined {
  const cause = read(error, 'cause')
  if (cause === undefined || depth >= limits.errorDepth || budget.errors <= 0) return undefined
  return store(cause, depth + 1, budget)
}

function errorsOf(error: Error, depth: number, budget: Budget): readonly StoredError[] | undefined {
  if (!(error instanceof AggregateError) || depth >= limits.errorDepth) return undefined
  const errors = safely((): unknown[] => [...error.errors].slice(0, limits.errorCount)) ?? []
  return errors.flatMap((each) => (budget.errors > 0 ? [store(each, depth + 1, budget)] : []))
}

function detailsOf(error: Error): { readonly [key: string]: Json } | undefined {
  const details = toJsonSafe(isSluiceError(error) ? error.details : ownProperties(error), limits.errorText)
  return isJsonObject(details) && Object.keys(details).length > 0 ? details : undefined
}

function isJsonObject(json: Json | undefined): json is { readonly [key: string]: Json } {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
}
