import { SluiceError } from '@sluice/core'
import { Client, type ClientBase, type ClientConfig, type CustomTypesConfig, Pool, types } from 'pg'
import { pendingMigrations } from '../migrations/migrations.ts'
import type { OpenOptions } from '../open-store.ts'
import type { Platform } from '../platform.ts'
import { retryBusy } from '../retry-busy.ts'
import { foundIn, migrate, schemaName } from './migrate.ts'
import { PostgresDriver } from './postgres-driver.ts'
import { fromPostgresError } from './postgres-errors.ts'
import { postgresSignals } from './postgres-signals.ts'

/** Connects to a database and brings its schema up to date. */
export async function openPostgres(url: string, options: OpenOptions, platform: Platform): Promise<PostgresDriver> {
  const location = locationOf(url)
  const pool = poolOf(url, options)
  const signals = postgresSignals(pool, configOf(url), platform)
  try {
    await retryBusy(platform, () => prepare(pool, location, options, platform))
    return new PostgresDriver({ pool, location, platform, signals, client: () => new Client(configOf(url)) })
  } catch (error) {
    await pool.end()
    throw error
  }
}

async function prepare(pool: Pool, location: string, options: OpenOptions, platform: Platform): Promise<void> {
  try {
    if (options.readOnly === true) await requireCurrent(pool, location)
    else await migrate(pool, location, platform.now)
  } catch (error) {
    throw fromPostgresError(error, location)
  }
}

async function requireCurrent(pool: Pool, location: string): Promise<void> {
  if (pendingMigrations(await foundIn(pool), location).length === 0) return
  throw new SluiceError('STORE_READ_ONLY', { location, reason: 'its schema must be brought up to date first' })
}

function poolOf(url: string, options: OpenOptions): Pool {
  const pool = new Pool({
    ...configOf(url),
    max: options.connections ?? 10,
    // A server that vanished without a word must not hold a journal for ever.
    query_timeout: 60_000,
    allowExitOnIdle: true,
    ...(options.readOnly === true ? { onConnect: refuseWrites } : {}),
  })
  // An idle connection that breaks is not news: the pool drops it, and the next query connects anew.
  pool.on('error', () => undefined)
  return pool
}

const configOf = (url: string): ClientConfig => ({
  connectionString: url,
  application_name: 'sluice',
  options: `-c search_path=${schemaName}`,
  connectionTimeoutMillis: 10_000,
  keepAlive: true,
  types: { getTypeParser },
})

// The pool waits for it before it gives the connection out, though its type does not say so.
const refuseWrites: (client: ClientBase) => unknown = (client) => client.query('set default_transaction_read_only = on')

type TypeId = Parameters<typeof types.getTypeParser>[0]

/** Counts and times come as numbers: microseconds stay exact until the year 2255. */
const getTypeParser: CustomTypesConfig['getTypeParser'] = (type: TypeId, format?: 'text' | 'binary') =>
  type === types.builtins.INT8 ? Number : types.getTypeParser(type, format)

/** Host, or the directory of a socket, and database: never user or password. */
function locationOf(url: string): string {
  const address = URL.parse(url)
  // Not as a cause, which would show the whole address.
  if (address === null) {
    throw new SluiceError('OPTION_INVALID', { option: 'target', problem: 'it is not the URL of a database' })
  }
  return `${address.searchParams.get('host') ?? address.host}${address.pathname}`
}
