import { startPostgres } from '@sluice/testing'
import { test } from 'vitest'
import { surviveKills } from './kills.ts'
import { cleanUpAfterEach, makePlace } from './spawn.ts'

cleanUpAfterEach()

test.skipIf(process.env['TEST_DATABASE_URL'] === undefined)(
  'a script on PostgreSQL that is killed again and again is continued to its end',
  async () => {
    const { url, drop } = await (await startPostgres()).createDatabase()
    try {
      await surviveKills(makePlace(url), [3, 8, 1])
    } finally {
      await drop()
    }
  },
)
