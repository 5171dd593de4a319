import { openStore } from '@sluice/store'
import { lendDatabases, startPostgres } from '@sluice/testing'
import { afterAll, describe } from 'vitest'
import { servicesSuite } from './services.testsuite.ts'

describe.skipIf(process.env['TEST_DATABASE_URL'] === undefined)('on PostgreSQL', () => {
  const create = async (): Promise<{ readonly url: string; readonly drop: () => Promise<void> }> =>
    (await startPostgres()).createDatabase()
  const lender = lendDatabases(create, async (url) => (await openStore(url)).close())
  afterAll(() => lender[Symbol.asyncDispose]())
  servicesSuite({
    shared: true,
    async createDatabase() {
      const { url, giveBack } = await lender.lend()
      return { target: url, drop: giveBack }
    },
  })
})
