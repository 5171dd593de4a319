import type { Bucket } from '@sluice/core'
import { S3Bucket } from './s3-bucket.ts'
import type { S3Settings } from './s3-settings.ts'

/** What the lake opens a bucket with: its name, what its URL says beside it as text, and the fields of a block. */
export function openBucket(
  bucket: string,
  options: Readonly<Record<string, string>>,
  fields: Readonly<Record<string, unknown>> = {},
): Bucket {
  const { forcePathStyle, ...texts } = options
  const path = forcePathStyle === undefined ? {} : { forcePathStyle: forcePathStyle !== 'false' }
  const { bucket: _, ...login } = fields
  return new S3Bucket({ ...(login as Partial<S3Settings>), ...(texts as Partial<S3Settings>), ...path, bucket })
}
