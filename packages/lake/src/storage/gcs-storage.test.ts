import { startFakeGcs } from '@sluice/testing'
import { describe } from 'vitest'
import { bucketStorageSuite } from './bucket-storage.testsuite.ts'

describe('a lake in a bucket of Google Cloud Storage', () => {
  bucketStorageSuite({ scheme: 'gs', start: startFakeGcs })
})
