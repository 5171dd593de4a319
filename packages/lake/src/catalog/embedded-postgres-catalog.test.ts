import { openStore } from '@sluice/store'
import { lendDatabases, startPostgres } from '@sluice/testing'
import { afterAll, describe } from 'vitest'
import { createLake, type EmbeddedLake } from './embedded-lake.testsupport.ts'
import { killedWritersSuite } from './killed-writers.testsuite.ts'
import { catalogSuite } from './lake-catalog.testsuite.ts'

describe.skipIf(process.env['TEST_DATABASE_URL'] === undefined)('on PostgreSQL', () => {
  const createDatabase = async (): Promise<{ readonly url: string; readonly drop: () => Promise<void> }> =>
    (await startPostgres()).createDatabase()
  const lender = lendDatabases(createDatabase, async (url) => (await openStore(url)).close())
  afterAll(() => lender[Symbol.asyncDispose]())

  const create = async (): Promise<EmbeddedLake> => {
    const { url, giveBack } = await lender.lend()
    const lake = await createLake(url)
    const dispose = async (): Promise<void> => {
      await lake[Symbol.asyncDispose]()
      await giveBack()
    }
    return { ...lake, [Symbol.asyncDispose]: dispose }
  }
  catalogSuite({ create })
  killedWritersSuite(create)
})
