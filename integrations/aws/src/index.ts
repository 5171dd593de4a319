export { openBucket } from './open-bucket.ts'
export { type PrintedS3Bucket, S3Bucket } from './s3-bucket.ts'
export type { S3Settings } from './s3-settings.ts'
