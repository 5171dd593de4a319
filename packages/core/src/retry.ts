import { type Duration, parseDuration } from './duration.ts'
import { SluiceError } from './errors.ts'
import type { Micros } from './time.ts'

/** Delays that grow: `initial`, `initial · factor`, … never above `max`. */
export interface Backoff {
  readonly kind: 'backoff'
  readonly initial: Duration
  readonly factor: number
  readonly max: Duration
}

/** How long to wait before a retry: always the same, one by one (the last of a list repeats), or growing. */
export type RetryDelay = Duration | readonly Duration[] | Backoff

/** A checked retry policy. */
export interface RetryPolicy {
  /** Attempts beyond the first. */
  readonly retries: number
  readonly delay: RetryDelay
  /** The share of the delay that is random, 0 to 1: from `delay · (1 − jitter)` to `delay · (1 + jitter)`. */
  readonly jitter: number
}

/** The options of a flow or task that make its {@link RetryPolicy}. */
export interface RetryOptions {
  readonly retries?: number
  readonly retryDelay?: RetryDelay
  readonly retryJitter?: number
}

/** One attempt that failed. */
export interface Failure {
  /** From 1. */
  readonly attempt: number
  /** False when the error is of a kind that no retry helps. */
  readonly retryable: boolean
  /** The least delay that the other side asked for (HTTP `Retry-After`). */
  readonly retryAfterMs?: number
  readonly now: Micros
  /** In [0, 1). */
  readonly random: number
}

/** What follows a failed attempt. */
export type AfterFailure =
  | { readonly kind: 'retry'; readonly at: Micros; readonly delayMs: number }
  | { readonly kind: 'fail' }

/**
 * A growing retry delay: 1 s, 2 s, 4 s … up to 5 minutes, unless told otherwise.
 *
 * @example
 * task({ name: 'fetch', retries: 5, retryDelay: backoff({ initial: '200ms' }) }, …)
 */
export function backoff(options: { initial?: Duration; factor?: number; max?: Duration } = {}): Backoff {
  return { kind: 'backoff', initial: options.initial ?? '1s', factor: options.factor ?? 2, max: options.max ?? '5m' }
}

/**
 * The policy that options ask for; none asks for no retries.
 *
 * @throws SluiceError `OPTION_INVALID` naming the option.
 */
export function retryPolicy(options: RetryOptions): RetryPolicy {
  const { retries = 0, retryDelay = 0, retryJitter = 0 } = options
  if (!Number.isSafeInteger(retries) || retries < 0) throw invalid('retries', 'it must be a whole number, 0 or more')
  if (!(retryJitter >= 0 && retryJitter <= 1)) throw invalid('retryJitter', 'it must be a number from 0 to 1')
  checkDelay(retryDelay)
  return { retries, delay: retryDelay, jitter: retryJitter }
}

/** Milliseconds to wait after `failedAttempt` (from 1) has failed; `random` in [0, 1) decides the jitter. */
export function delayBeforeRetry(policy: RetryPolicy, failedAttempt: number, random: number): number {
  const delay = plainDelay(policy.delay, failedAttempt)
  return Math.max(0, delay * (1 + policy.jitter * (2 * random - 1)))
}

/** Whether a failed attempt is tried again, and when. The time is a wish of the policy, never before `retryAfterMs`. */
export function afterFailure(policy: RetryPolicy, failure: Failure): AfterFailure {
  if (!failure.retryable || failure.attempt > policy.retries) return { kind: 'fail' }
  const asked = failure.retryAfterMs ?? 0
  const delayMs = Math.max(
    delayBeforeRetry(policy, failure.attempt, failure.random),
    Number.isFinite(asked) ? asked : 0,
  )
  return { kind: 'retry', at: Math.min(failure.now + Math.round(delayMs * 1_000), Number.MAX_SAFE_INTEGER), delayMs }
}

function plainDelay(delay: RetryDelay, failedAttempt: number): number {
  if (isBackoff(delay)) return backoffDelay(delay, failedAttempt)
  if (!isList(delay)) return parseDuration(delay)
  return parseDuration(delay[Math.min(failedAttempt, delay.length) - 1] ?? 0)
}

function backoffDelay(delay: Backoff, failedAttempt: number): number {
  // The exponent is bounded because 0 · Infinity is not a number.
  const growth = Math.min(delay.factor ** (failedAttempt - 1), Number.MAX_VALUE)
  return Math.min(parseDuration(delay.initial) * growth, parseDuration(delay.max))
}

function checkDelay(delay: RetryDelay): void {
  if (isList(delay) && delay.length === 0) throw invalid('retryDelay', 'the list is empty')
  if (isBackoff(delay) && !(Number.isFinite(delay.factor) && delay.factor >= 1)) {
    throw invalid('retryDelay', 'the factor of a backoff must be 1 or more')
  }
  for (const duration of durationsOf(delay)) checkDuration(duration)
}

function checkDuration(duration: Duration): void {
  try {
    parseDuration(duration)
  } catch (cause) {
    throw invalid('retryDelay', `'${String(duration)}' is not a duration`, cause)
  }
}

function durationsOf(delay: RetryDelay): readonly Duration[] {
  if (isBackoff(delay)) return [delay.initial, delay.max]
  return isList(delay) ? delay : [delay]
}

function isBackoff(delay: RetryDelay): delay is Backoff {
  return typeof delay === 'object' && 'kind' in delay
}

// Array.isArray does not narrow readonly arrays.
function isList(delay: RetryDelay): delay is readonly Duration[] {
  return Array.isArray(delay)
}

function invalid(option: string, problem: string, cause?: unknown): SluiceError {
  return new SluiceError('OPTION_INVALID', { option, problem }, cause === undefined ? {} : { cause })
}
