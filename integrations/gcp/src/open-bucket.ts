import type { Bucket } from '@sluice/core'
import { GcsBucket } from './gcs-bucket.ts'
import type { GcsSettings } from './gcs-settings.ts'

/** What the lake opens a bucket with: its name, what its URL says beside it as text, and the fields of a block. */
export function openBucket(
  bucket: string,
  options: Readonly<Record<string, string>>,
  fields: Readonly<Record<string, unknown>> = {},
): Bucket {
  const { bucket: _, ...login } = fields
  return new GcsBucket({ ...(login as Partial<GcsSettings>), ...(options as Partial<GcsSettings>), bucket })
}
