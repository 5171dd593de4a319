import { isSluiceError } from '@sluice/core'
import type { Platform } from './platform.ts'

/** How long a call keeps trying while others hold the database. */
export const busyPatienceMs = 30_000

/**
 * Tries again while the database is busy (`STORE_UNAVAILABLE` with `busy: true`), after short random pauses: processes that
 * met once should not meet again. Pauses grow from about 1 ms to about 25 ms, because a writer is done in well under 1 ms.
 * Any other error, and the last one after {@link busyPatienceMs}, goes to the caller.
 */
export async function retryBusy<T>(platform: Platform, work: () => T | Promise<T>): Promise<T> {
  const begin = platform.elapsed()
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work()
    } catch (error) {
      if (!isBusy(error) || platform.elapsed() - begin > busyPatienceMs) throw error
      await platform.sleep(1 + platform.random() * Math.min(2 ** attempt, 25))
    }
  }
}

/** True when nothing was done because somebody else held the database. */
export function isBusy(error: unknown): boolean {
  return isSluiceError(error, 'STORE_UNAVAILABLE') && error.details['busy'] === true
}
