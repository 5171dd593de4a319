import { expect, test } from 'vitest'
import { isBlockOf } from './block-of-lake.ts'

test.each([
  ['s3://trips/lake?block=lake', 'S3Bucket', 'lake', true],
  ['s3://trips/lake?block=S3Bucket/lake', 'S3Bucket', 'lake', true],
  ['s3://trips/lake?block=lake', 'S3Bucket', 'other', false],
  ['s3://trips/lake', 'S3Bucket', 'lake', false],
  ['file:///srv/lake', 'Secret', 'lake', false],
])('of %s the block %s/%s is told: %s', (location, kind, name, told) => {
  expect(isBlockOf(location, kind, name)).toBe(told)
})
