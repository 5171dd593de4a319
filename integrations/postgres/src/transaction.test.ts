import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { PostgresDatabase, Session } from './index.ts'
import { noPostgres, openTestDatabase, type TestDatabase } from './open-test-database.testsupport.ts'

describe.skipIf(noPostgres)('on PostgreSQL', () => {
  let home: TestDatabase
  let db: PostgresDatabase

  beforeAll(async () => {
    home = await openTestDatabase()
    db = home.db
    await db.execute('create table t (id int primary key)')
  })
  beforeEach(async () => {
    await db.execute('truncate t')
  })
  afterAll(() => home.close())

  const insert = (session: Session, id: number) => session.sql`insert into t values (${id})`
  const ids = async () => (await db.query<{ id: number }>('select id from t order by id')).map(({ id }) => id)

  test('what the function did is committed when it returns, and its value is returned', async () => {
    const value = await db.transaction(async (tx) => {
      await insert(tx, 1)
      expect(await ids()).toEqual([])
      return 'done'
    })
    expect(value).toBe('done')
    expect(await ids()).toEqual([1])
  })

  test('nothing of it remains when the function throws', async () => {
    const failed = db.transaction(async (tx) => {
      await insert(tx, 1)
      throw new Error('changed my mind')
    })
    await expect(failed).rejects.toThrow(new Error('changed my mind'))
    expect(await ids()).toEqual([])
  })

  test('a nested transaction that fails takes only its own work back', async () => {
    await db.transaction(async (tx) => {
      await insert(tx, 1)
      await expect(tx.transaction(async (inner) => insert(inner, 1))).rejects.toThrow(/duplicate key/)
      await tx.transaction(async (inner) => {
        await insert(inner, 2)
        await inner.transaction(async (deepest) => insert(deepest, 3))
      })
    })
    expect(await ids()).toEqual([1, 2, 3])
  })

  test('a statement error that the function swallows does not become a silent rollback', async () => {
    const swallowed = db.transaction(async (tx) => {
      await insert(tx, 1)
      await insert(tx, 1).catch(() => {})
    })
    await expect(swallowed).rejects.toThrow(/was rolled back, since one of its statements failed/)
    expect(await ids()).toEqual([])
  })

  test('statements started in parallel run one after the other on the one connection', async () => {
    await db.transaction(async (tx) => {
      await Promise.all([1, 2, 3].map((id) => insert(tx, id)))
    })
    expect(await ids()).toEqual([1, 2, 3])
  })

  test('the outer handle is refused while a nested transaction is open, instead of waiting for ever', async () => {
    const confused = db.transaction((tx) => tx.transaction(() => insert(tx, 1)))
    await expect(confused).rejects.toThrow(/use the handle that its function was given/)
    expect(await ids()).toEqual([])
  })

  test('a handle that outlives its transaction is refused', async () => {
    let kept: Session | undefined
    await db.transaction(async (tx) => {
      kept = tx
    })
    await expect(kept?.query('select 1')).rejects.toThrow(/this transaction has ended/)
  })

  test('a copy is part of its transaction', async () => {
    const failed = db.transaction(async (tx) => {
      expect(await tx.copyFrom({ table: 't', columns: ['id'], source: [[1], [2]] })).toEqual({ rows: 2, bytes: 4 })
      throw new Error('not yet')
    })
    await expect(failed).rejects.toThrow('not yet')
    expect(await ids()).toEqual([])
  })

  test('an abort rolls back and rejects with the reason', async () => {
    const controller = new AbortController()
    const aborted = db.transaction(
      async (tx) => {
        await insert(tx, 1)
        controller.abort(new Error('stop'))
        await insert(tx, 2)
      },
      { signal: controller.signal },
    )
    await expect(aborted).rejects.toThrow(new Error('stop'))
    expect(await ids()).toEqual([])
  })

  test('isolation and read-only are passed on, and unknown levels refused', async () => {
    const readOnly = db.transaction((tx) => insert(tx, 1), { isolation: 'serializable', readOnly: true })
    await expect(readOnly).rejects.toThrow(/read-only transaction/)
    const hostile = { isolation: 'serializable; drop table t' } as never
    await expect(db.transaction((tx) => insert(tx, 1), hostile)).rejects.toThrow(/must be one of/)
  })
})
