import { inspect } from 'node:util'
import { DatabaseError } from 'pg'
import { describe, expect, test } from 'vitest'
import { isSluiceError } from '@sluice/core'
import { openStore } from '../open-store.ts'
import { expectCode } from '../suites/harness.testsuite.ts'
import { batch, newId, rootRun, task } from '../suites/records.testsuite.ts'
import { fromPostgresError } from './postgres-errors.ts'
import { createDatabase, lendDatabase } from './postgres-harness.testsuite.ts'

const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  )

test('a password is never told, whatever is wrong', async () => {
  for (const url of [
    'postgres://ada:s3cret@127.0.0.1:1/flows',
    'postgres://ada:s3cret@/x',
    'postgres://ada:s3cret@[x/y',
  ]) {
    const error = await failureOf(openStore(url))
    expect(isSluiceError(error)).toBe(true)
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('s3cret')
  }
})

test('a server that is not there is told with its address', async () => {
  const error = await failureOf(openStore('postgres://ada@127.0.0.1:1/flows'))
  expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE', details: { location: '127.0.0.1:1/flows' } })
})

test('errors of the server are told by what can be done', () => {
  const told = (sqlState: string): unknown => {
    const error = new DatabaseError('message', 0, 'error')
    error.code = sqlState
    const result = fromPostgresError(error, 'host/db')
    return isSluiceError(result) ? `${result.code}${result.details['busy'] === true ? ' busy' : ''}` : result === error
  }
  expect(['53100', '53300', '40P01', '40001', '57P03'].map(told)).toEqual([
    'STORE_FULL',
    'STORE_UNAVAILABLE busy',
    'STORE_UNAVAILABLE busy',
    'STORE_UNAVAILABLE busy',
    'STORE_UNAVAILABLE busy',
  ])
  expect(['57P01', '28P01', '3D000', '53200', '08006'].map(told)).toEqual(Array<string>(5).fill('STORE_UNAVAILABLE'))
  expect(['25006', '42501', 'XX001', '42P07'].map(told)).toEqual([
    'STORE_READ_ONLY',
    'STORE_READ_ONLY',
    'STORE_CORRUPT',
    'STORE_CORRUPT',
  ])
  expect(['42601', '23505'].map(told)).toEqual([true, true])
  expect(fromPostgresError(new TypeError('x'), 'host/db')).toBeInstanceOf(TypeError)
})

describe.skipIf(process.env['TEST_DATABASE_URL'] === undefined)('on PostgreSQL', () => {
  test('a database that does not exist is told', async () => {
    await using database = await createDatabase()
    const target = database.target.replace(/\/sluice_test_\w+/, '/nowhere')
    await expectCode(openStore(target), 'STORE_UNAVAILABLE')
  })

  test('tables of another program are left alone', async () => {
    await using database = await createDatabase()
    await database.execute('create table public.run (id text)')
    await (await database.open()).close()
    await database.execute('insert into public.run values (1)')
  })

  test('a schema of this name that belongs to another program is left alone', async () => {
    await using database = await createDatabase()
    await database.execute('create schema sluice; create table sluice.run (id text)')
    await expectCode(database.open(), 'STORE_CORRUPT')
    await database.execute('insert into sluice.run values (1)')
  })

  test('a store goes on after its connections broke', async () => {
    await using database = await lendDatabase()
    await using store = await database.open()
    const run = rootRun()
    await store.createRun(run)
    await database.execute(
      `select pg_terminate_backend(pid, 5000) from pg_stat_activity
       where datname = current_database() and application_name = 'sluice'`,
    )
    const first = await failureOf(store.getRun(run.id))
    expect(first === undefined || isSluiceError(first, 'STORE_UNAVAILABLE')).toBe(true)
    expect(await store.appendJournal(batch(run.id, 1, [task(run.id, 1)]))).toEqual({ cancelling: false })
    expect((await store.getRun(run.id))?.journalSeq).toBe(1)
  })

  test('a transaction that breaks leaves nothing, and its connection is not used again', async () => {
    await using database = await lendDatabase()
    await using store = await database.open({ connections: 1 })
    const run = rootRun()
    await store.createRun(run)
    const held = await database.holdAppend(batch(run.id, 1, [task(run.id, 1)]))
    const crashing = failureOf(store.markCrashed({ id: run.id, expectedEpoch: 1, at: 1, message: 'gone' }))
    await held.blocking()
    await database.execute(
      `select pg_terminate_backend(pid, 5000) from pg_stat_activity
       where datname = current_database() and application_name = 'sluice'`,
    )
    expect(isSluiceError(await crashing, 'STORE_UNAVAILABLE')).toBe(true)
    await held.commit()
    expect(await store.readControl(run.id)).toMatchObject({ epoch: 1 })
  })

  test('a user who may only read is told', async () => {
    await using database = await createDatabase()
    await (await database.open()).close()
    const role = `reader_${newId().replaceAll('-', '')}`
    await database.execute(
      `create role ${role} login; grant usage on schema sluice to ${role}; grant select on all tables in schema sluice to ${role}`,
    )
    try {
      await using reader = await openStore(database.target.replace('postgres@', `${role}@`))
      expect((await reader.listRuns({ limit: 1 })).items).toEqual([])
      await expectCode(reader.createRun(rootRun()), 'STORE_READ_ONLY')
    } finally {
      await database.execute(`drop owned by ${role}; drop role ${role}`)
    }
  })
})
