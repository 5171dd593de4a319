import { startPostgres } from '@sluice/testing'
import { PostgresDatabase } from '@sluice/postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ingest } from './ingest.ts'
import { openWorkshop } from './open-workshop.testsupport.ts'
import { closeDatabases } from './warehouse.ts'
import { warehouseSuite } from './warehouse.testsuite.ts'

describe.skipIf(process.env['TEST_DATABASE_URL'] === undefined)('the PostgreSQL warehouse', () => {
  let database: { readonly url: string; drop(): Promise<void> }
  const before = process.env['DATABASE_URL']

  beforeAll(async () => {
    database = await (await startPostgres()).createDatabase()
    process.env['DATABASE_URL'] = database.url
  })
  afterAll(async () => {
    await closeDatabases()
    await database.drop()
    if (before === undefined) delete process.env['DATABASE_URL']
    else process.env['DATABASE_URL'] = before
  })

  warehouseSuite('postgres', async (table) => {
    await using db = PostgresDatabase.fromEnv('DATABASE_URL')
    return await db.query(`select * from ${table}`)
  })

  test('a file goes in by chunks of 100 000 rows, each told in the log, and replaces what was there', async () => {
    await using shop = await openWorkshop()
    const parameters = {
      url: 'generated:yellow/2021-01?rows=250000',
      table: 'ingested',
      warehouse: 'postgres',
      directory: shop.directory,
    }
    for (const _ of ['first', 'again']) {
      const { id, outcome } = await shop.run(ingest, parameters)
      expect(outcome).toEqual({ status: 'fulfilled', value: { rows: 250_000, chunks: 3 } })
      const { items: logs } = await shop.home.store.listLogs({ rootId: id, limit: 100 })
      const chunks = logs
        .map(({ message }) => /^inserted chunk \d+, \d+ rows so far/.exec(message)?.[0])
        .filter((line) => line !== undefined)
      expect(chunks).toEqual([
        'inserted chunk 1, 100000 rows so far',
        'inserted chunk 2, 200000 rows so far',
        'inserted chunk 3, 250000 rows so far',
      ])
    }
    await using db = PostgresDatabase.fromEnv('DATABASE_URL')
    const [row] = await db.query(
      `select count(*) as n, count(vendor_id) as known, min(pickup_datetime) as first from ingested`,
    )
    expect(row).toEqual({ n: 250_000, known: 232_500, first: new Date('2021-01-01T00:00:03Z') })
  })
})
