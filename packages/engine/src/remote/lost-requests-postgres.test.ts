import { openStore } from '@sluice/store'
import { startPostgres } from '@sluice/testing'
import { afterAll, beforeAll, describe } from 'vitest'
import { lostRequestsSuite } from './lost-requests.testsuite.ts'

describe.skipIf(process.env['TEST_DATABASE_URL'] === undefined)('on PostgreSQL', () => {
  let database: { readonly url: string; readonly drop: () => Promise<void> } | undefined
  beforeAll(async () => {
    database = await (await startPostgres()).createDatabase()
  })
  afterAll(() => database?.drop())

  // Each message alone or not: how runs of a slow database come together is a matter of time.
  lostRequestsSuite(() => openStore(database?.url ?? ''), true)
})
