import type { Bucket } from '@sluice/core'
import { platform } from '../platform.ts'
import { openBucketStorage } from './bucket-storage.ts'
import type { LakeStorage } from './lake-storage.ts'

/** Waits that are over at once: what is tried again is, but nobody sleeps. */
const impatient = { ...platform, sleep: () => new Promise<void>((resolve) => void setImmediate(resolve)) }

/** A bucket of a server at hand: `s3://lake?endpoint=http://127.0.0.1:…`. It gives up on an answer soon. */
export async function bucketAt(place: string): Promise<Bucket> {
  const url = new URL(place)
  const endpoint = url.searchParams.get('endpoint') ?? ''
  const bucket = url.hostname
  if (url.protocol === 'gs:') {
    const { GcsBucket } = await import('@sluice/gcp')
    return new GcsBucket({ bucket, endpoint, timeout: '1s' })
  }
  const { S3Bucket } = await import('@sluice/aws')
  return new S3Bucket({ bucket, endpoint, accessKeyId: 'test', secretAccessKey: 'test', timeout: '1s' })
}

/** A lake in it, below the URL's path. */
export async function openTestBucket(place: string, directory: string, budget = 1e9): Promise<LakeStorage> {
  const prefix = new URL(place).pathname.slice(1)
  return openBucketStorage(await bucketAt(place), { prefix, directory, budget, platform: impatient })
}
