import { isSluiceError } from '@sluice/core'
import { pause, type WorkerPlatform } from './platform.ts'

export interface Patience {
  readonly platform: WorkerPlatform
  /** Ends the waiting: the last error is thrown. */
  readonly signal?: AbortSignal
  /** The first pause, doubled each time up to `longestMs`. */
  readonly shortestMs?: number
  readonly longestMs?: number
  /** Told before each pause. */
  onFailure?(error: unknown, failures: number): void
}

/** Answers that say the same however often one asks. */
const final = new Set([
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'PROTOCOL_UNSUPPORTED',
  'REQUEST_INVALID',
  'WORKER_NOT_FOUND',
  'POOL_NOT_FOUND',
  'QUEUE_NOT_FOUND',
])

/** Whether asking again would give the same answer. A server that is away, overloaded or broken is no such answer. */
export function isFinal(error: unknown): boolean {
  return isSluiceError(error) && final.has(error.code)
}

/**
 * Calls until there is an answer, with growing pauses. Each is drawn between half and all of its length: workers that lost the same
 * server must not come back in step.
 */
export async function untilAnswered<T>(call: () => Promise<T>, patience: Patience): Promise<T> {
  const { platform, signal, shortestMs = 100, longestMs = 5_000 } = patience
  const givenUp = (): boolean => signal?.aborted ?? false
  for (let failures = 1; ; failures++) {
    try {
      return await call()
    } catch (error) {
      if (givenUp() || isFinal(error)) throw error
      patience.onFailure?.(error, failures)
      const longest = Math.min(longestMs, shortestMs * 2 ** Math.min(failures - 1, 20))
      await pause(platform, longest * (0.5 + platform.random() / 2), signal)
      if (givenUp()) throw error
    }
  }
}
