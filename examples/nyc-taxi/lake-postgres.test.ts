import { PostgresDatabase } from '@sluice/postgres'
import { startPostgres } from '@sluice/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { taxiLake } from './lake.ts'
import { openWorkshop } from './open-workshop.testsupport.ts'
import { closeDatabases } from './warehouse.ts'

describe.skipIf(process.env['TEST_DATABASE_URL'] === undefined)('the revenue in PostgreSQL', () => {
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

  test('is that of the lake, however often it is published', async () => {
    await using shop = await openWorkshop()
    const parameters = { months: [4], source: 'generated', rows: 300, warehouse: 'postgres', directory: shop.directory }
    for (const _ of ['first', 'again']) {
      const { outcome } = await shop.run(taxiLake, parameters)
      expect(outcome).toMatchObject({ status: 'fulfilled', value: { rows: 600 } })
    }
    await using db = PostgresDatabase.fromEnv('DATABASE_URL')
    expect(await db.query('select sum(trips)::int as trips, min(month) as month from revenue')).toEqual([
      { trips: 600, month: '2020-04' },
    ])
  })
})
