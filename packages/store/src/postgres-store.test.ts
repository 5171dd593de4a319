import { describe } from 'vitest'
import { postgresHarness } from './postgres/postgres-harness.testsuite.ts'
import { storeSuite } from './store.testsuite.ts'

describe.skipIf(process.env['TEST_DATABASE_URL'] === undefined)('on PostgreSQL', () => {
  storeSuite(postgresHarness)
})
