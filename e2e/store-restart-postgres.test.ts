import { startPostgres } from '@sluice/testing'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { cleanUpAfterEach, makePlace, startScript } from './spawn.ts'

cleanUpAfterEach()

test.skipIf(process.env['TEST_DATABASE_URL'] === undefined)(
  'PostgreSQL that crashes and comes back in the middle of a run: the run completes, and nothing happens twice',
  async () => {
    const postgres = await startPostgres({ PATH: process.env['PATH'] })
    try {
      const place = makePlace((await postgres.createDatabase()).url)
      const child = startScript('steps', place)
      await child.said('effect ', 5)
      await postgres.restart?.()
      await child.said('effect ', 15)
      await postgres.restart?.()
      const end = await child.ended
      expect(end.code, end.stderr).toBe(0)
      await using store = await place.open()
      const [run] = (await store.listRuns({ limit: 1 })).items
      expect(run?.state.name).toBe('Completed')
      expect(run?.crashCount).toBe(0)
      const effects = readFileSync(place.env['EFFECTS'] ?? '', 'utf8')
        .trim()
        .split('\n')
      expect(effects.toSorted()).toEqual([...new Set(effects)].toSorted())
    } finally {
      await postgres.stop()
    }
  },
)
