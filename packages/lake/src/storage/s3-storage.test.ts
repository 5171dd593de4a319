import { startFakeS3 } from '@sluice/testing'
import { describe } from 'vitest'
import { bucketStorageSuite } from './bucket-storage.testsuite.ts'

describe('a lake in a bucket of S3', () => {
  bucketStorageSuite({ scheme: 's3', start: startFakeS3 })
})
