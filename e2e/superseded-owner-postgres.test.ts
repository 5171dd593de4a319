import { startPostgres } from '@sluice/testing'
import { test } from 'vitest'
import { cleanUpAfterEach, makePlace } from './spawn.ts'
import { wakeTheLateOwner } from './superseded.ts'

cleanUpAfterEach()

test.skipIf(process.env['TEST_DATABASE_URL'] === undefined)(
  'on PostgreSQL too, a late owner writes nothing and ends as fenced',
  async () => {
    const { url, drop } = await (await startPostgres()).createDatabase()
    try {
      await wakeTheLateOwner(makePlace(url))
    } finally {
      await drop()
    }
  },
)
