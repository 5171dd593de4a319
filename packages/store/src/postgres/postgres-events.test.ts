import { Client } from 'pg'
import { describe, expect, test } from 'vitest'
import { insertRuns } from '../queries/dispatch/insert-runs.ts'
import { rootRun } from '../suites/records.testsuite.ts'
import { lendDatabase } from './postgres-harness.testsuite.ts'

describe.skipIf(process.env['TEST_DATABASE_URL'] === undefined)('events on PostgreSQL', () => {
  test('a transaction takes one lock, however many events it writes', async () => {
    await using database = await lendDatabase()
    await using store = await database.open()
    const client = new Client({ connectionString: database.target })
    await client.connect()
    const locks = async (): Promise<number> =>
      (
        await client.query(`select 1 from pg_locks where locktype = 'advisory'
          and database = (select oid from pg_database where datname = current_database())`)
      ).rows.length
    try {
      const held = await database.holdSteps(() => insertRuns(Array.from({ length: 300 }, () => rootRun())))
      expect(await locks()).toBe(1)
      expect(await store.lastEventPosition()).toBe(0)
      await held.commit()
      expect(await locks()).toBe(0)
      expect(await store.lastEventPosition()).toBe(300)
    } finally {
      await client.end()
    }
  })

  test('a connection that goes on to another transaction takes its turn again', async () => {
    await using database = await lendDatabase()
    await using store = await database.open()
    const client = new Client({ connectionString: database.target, options: '-c search_path=sluice' })
    await client.connect()
    const write = `begin; insert into event (id, workspace, name) values (gen_random_uuid(), 'default', 'a')`
    try {
      await client.query(write)
      await client.query('commit')
      await client.query(write)
      expect(await store.lastEventPosition()).toBe(1)
      await client.query('commit')
      expect(await store.lastEventPosition()).toBe(2)
    } finally {
      await client.end()
    }
  })
})
