import { type ErrorCode, isSluiceError } from '@sluice/core'
import type { Platform } from '../platform.ts'
import type { Retry } from './client.ts'

const passing: ReadonlySet<ErrorCode> = new Set([
  'SERVER_UNREACHABLE',
  'SERVER_TIMEOUT',
  'SERVER_STOPPING',
  'STORE_UNAVAILABLE',
])

/** Whether trying again can help. */
export function isPassing(error: unknown): boolean {
  return isSluiceError(error) && passing.has(error.code)
}

/** Makes a call again while its errors pass, with growing pauses. */
export async function retrying<T>(
  retry: Retry,
  platform: Platform,
  signal: AbortSignal | undefined,
  call: () => Promise<T>,
): Promise<T> {
  for (let retries = 0; ; retries++) {
    try {
      return await call()
    } catch (error) {
      if (retries >= retry.times || !isPassing(error)) throw error
    }
    await pause(pauseMs(retry, retries, platform.random()), platform, signal)
  }
}

/** Doubles, up to the longest, and spread over its upper half: clients that lost one server do not come back at once. */
export function pauseMs(
  { delayMs = 200, maxDelayMs = 5_000 }: Omit<Retry, 'times'>,
  retries: number,
  random: number,
): number {
  return Math.min(delayMs * 2 ** retries, maxDelayMs) * (0.5 + random / 2)
}

/** Ends early, with its reason, when the signal aborts. */
export async function pause(ms: number, platform: Platform, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const cancel = platform.after(ms, resolve)
  const abort = (): void => reject(signal?.reason)
  signal?.addEventListener('abort', abort, { once: true })
  try {
    await promise
  } finally {
    cancel()
    signal?.removeEventListener('abort', abort)
  }
}
