export { GcsBucket, type PrintedGcsBucket } from './gcs-bucket.ts'
export type { GcsSettings } from './gcs-settings.ts'
export { openBucket } from './open-bucket.ts'
