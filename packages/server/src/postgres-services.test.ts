import { startPostgres } from '@sluice/testing'
import { describe } from 'vitest'
import { servicesSuite } from './services.testsuite.ts'

describe.skipIf(process.env['TEST_DATABASE_URL'] === undefined)('on PostgreSQL', () => {
  servicesSuite({
    shared: true,
    async createDatabase() {
      const postgres = await startPostgres()
      const { url, drop } = await postgres.createDatabase()
      return { target: url, drop }
    },
  })
})
