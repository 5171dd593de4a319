import { type Bucket, type BucketFailureKind, isSluiceError, SluiceError, type TryAgain } from '@sluice/core'
import type { Platform } from '../platform.ts'

/** Of one call: with the delays between them about half a minute, in which a store that is only busy comes back. */
const attempts = 9
const longestDelayMs = 8_000

const passes: ReadonlySet<BucketFailureKind> = new Set(['conflict', 'busy', 'lost'])

/** Repeats a call of a bucket while that is of use, with growing random delays: many who wait do not come back together. */
export function tryAgainAt(bucket: Bucket, { sleep, random }: Pick<Platform, 'sleep' | 'random'>): TryAgain {
  return async (call) => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await call()
      } catch (error) {
        if (isSluiceError(error) || attempt === attempts || !passes.has(bucket.failureOf(error).kind)) throw error
        await sleep(Math.min(100 * 2 ** (attempt - 1), longestDelayMs) * (0.5 + random() / 2))
      }
    }
  }
}

/** The lake's error for an error of a bucket, met at this key. */
export function bucketError(bucket: Bucket, error: unknown, right: BucketRight, key: string): unknown {
  if (isSluiceError(error)) return error
  const { kind, reason } = bucket.failureOf(error)
  const location = bucket.url
  const options = { cause: error }
  if (kind === 'exists') return new SluiceError('LAKE_FILE_EXISTS', { key, location }, options)
  if (kind === 'absent') return new SluiceError('LAKE_FILE_NOT_FOUND', { key, location }, options)
  if (kind !== 'denied') return new SluiceError('LAKE_STORAGE_UNAVAILABLE', { location, key, reason }, options)
  const problem = `these credentials may not ${right} in ${location} (${reason})`
  return new SluiceError('LAKE_STORAGE_DENIED', { location, key, right, problem }, options)
}

/** What somebody must be allowed to do in a bucket. */
export type BucketRight = 'read objects' | 'write objects' | 'list objects' | 'delete objects'
