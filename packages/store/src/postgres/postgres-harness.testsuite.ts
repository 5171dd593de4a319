import { lendDatabases, startPostgres } from '@sluice/testing'
import { Client } from 'pg'
import { afterAll } from 'vitest'
import { openStore } from '../open-store.ts'
import { platform } from '../platform.ts'
import type { Statement } from '../statement.ts'
import type { HeldTransaction, StoreHarness, TestDatabase } from '../suites/harness.testsuite.ts'
import { appendJournal } from './append-journal.ts'
import { drive } from './postgres-session.ts'

const create = async (): Promise<{ readonly url: string; readonly drop: () => Promise<void> }> =>
  (await startPostgres()).createDatabase()
const lender = lendDatabases(create, async (url) => (await openStore(url)).close())
afterAll(() => lender[Symbol.asyncDispose]())

/** Databases of a running server, whose address is in `TEST_DATABASE_URL`. */
export const postgresHarness: StoreHarness = { kind: 'postgres', create: lendDatabase, createEmpty: createDatabase }

/** A database on the test server for one test: its schema is up to date, and nothing is in it. */
export async function lendDatabase(): Promise<TestDatabase> {
  const { url, giveBack } = await lender.lend()
  return databaseAt(url, giveBack)
}

/** A database that no store has opened. */
export async function createDatabase(): Promise<TestDatabase> {
  const { url, drop } = await create()
  return databaseAt(url, drop)
}

function databaseAt(target: string, end: () => Promise<void>): TestDatabase {
  return {
    target,
    platform,
    open: (options) => openStore(target, { connections: 3, ...options }),
    execute: (text) => execute(target, text),
    plan: (statement) => plan(target, statement),
    holdAppend: (batch) => hold(target, (client) => appendJournal(client, (work) => work(client), batch)),
    holdSteps: (steps) => hold(target, (client) => drive(client, steps())),
    [Symbol.asyncDispose]: end,
  }
}

async function hold(url: string, work: (client: Client) => Promise<unknown>): Promise<HeldTransaction> {
  const [client, observer] = await Promise.all([connect(url), connect(url)])
  await client.query('begin')
  await work(client)
  const end = async (how: 'commit' | 'rollback'): Promise<void> => {
    await client.query(how)
    await Promise.all([client.end(), observer.end()])
  }
  return { blocking: () => someoneWaits(observer), commit: () => end('commit'), rollback: () => end('rollback') }
}

async function someoneWaits(observer: Client): Promise<void> {
  const waiting = `select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`
  for (let found = 0; found === 0;) found = (await observer.query(waiting)).rows.length
}

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url, options: '-c search_path=sluice' })
  await client.connect()
  return client
}

async function plan(url: string, { text, values }: Statement): Promise<string> {
  const client = await connect(url)
  try {
    await client.query('set enable_seqscan = off; set enable_bitmapscan = off')
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(`explain ${text.postgres}`, [...values])
    return rows.map((row) => row['QUERY PLAN']).join('\n')
  } finally {
    await client.end()
  }
}

async function execute(url: string, text: string): Promise<void> {
  const client = await connect(url)
  try {
    await client.query(text)
  } finally {
    await client.end()
  }
}
