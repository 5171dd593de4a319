import { PostgresDatabase } from '@sluice/postgres'
import { startPostgres } from '@sluice/testing'
import { cursor, flow, source, table, task } from 'sluice'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openWorkshop } from './open-workshop.testsupport.ts'

describe.skipIf(process.env['TEST_DATABASE_URL'] === undefined)('a table of PostgreSQL, loaded again and again', () => {
  let database: { readonly url: string; drop(): Promise<void> }
  let db: PostgresDatabase
  beforeAll(async () => {
    database = await (await startPostgres()).createDatabase()
    db = PostgresDatabase.fromUrl(database.url)
  })
  afterAll(async () => {
    await db.close()
    await database.drop()
  })

  test('gives only its new rows, those with the last time too, streamed', async () => {
    await using shop = await openWorkshop()
    const orders = table('bronze.orders')
    const newer = cursor('updated_at', { lag: '5m', dedupe: ['id'] })
    const load = task(
      { name: 'load' },
      async () =>
        (await orders.append(source.sql(db, 'select id, updated_at, amount from orders', { cursor: newer }))).rows,
    )
    const etl = flow({ name: 'orders' }, async () => load())
    const ids = flow({ name: 'ids' }, async () => {
      const found: number[] = []
      for await (const { id } of orders.rows()) found.push(Number(id))
      return found.toSorted((a, b) => a - b)
    })
    await db.execute('create table orders (id int primary key, updated_at timestamptz, amount double precision)')
    await db.execute(
      "insert into orders select n, timestamptz '2026-01-01' + n * interval '1 second', n from generate_series(1, 12000) n",
    )
    const counts: unknown[] = []
    const rows = async (): Promise<void> => void counts.push((await shop.run(etl, undefined as never)).outcome)
    await rows()
    await rows()
    await db.execute(
      "insert into orders select n, timestamptz '2026-01-01' + interval '12000 seconds', n from generate_series(12001, 12010) n",
    )
    await db.execute("insert into orders values (20000, timestamptz '2026-01-01', 1)")
    await rows()
    expect(counts).toEqual([12_000, 0, 10].map((value) => ({ status: 'fulfilled', value })))
    const { outcome } = await shop.run(ids, undefined as never)
    expect(outcome).toEqual({ status: 'fulfilled', value: Array.from({ length: 12_010 }, (_, i) => i + 1) })
  })
})
