import { isSecret, parseDuration, SluiceError } from '@sluice/core'
import type { Client, ClientConfig, Pool, PoolClient } from 'pg'
import { isTransientDatabaseError, queryError } from './query-error.ts'
import { describeSettings, type PostgresSettings } from './settings.ts'
import { createSlots } from './slots.ts'
import { typeParsers } from './type-parsers.ts'

/** The connections of one block in this process: opened when first used, at most `max`, gone when the script has nothing else to do. */
export interface Connections {
  /** `user@host:port/database`. */
  readonly location: string
  /** Lends a connection. One that broke or was aborted is closed, not lent again. */
  readonly use: <T>(work: (client: PoolClient) => Promise<T>, signal?: AbortSignal) => Promise<T>
  /** Asks the server, over a connection of its own, to stop what the backend `pid` is doing. */
  cancelBackend(pid: number): Promise<void>
  close(): Promise<void>
}

const idleTimeoutMillis = 10_000

/** Opens nothing and loads no driver until the first use. */
export function createConnections(settings: PostgresSettings): Connections {
  const location = describeSettings(settings)
  const max = settings.max ?? 4
  const slots = createSlots(max)
  let opening: Promise<Pool> | undefined
  let closed = false

  const openPool = async (): Promise<Pool> => {
    const { Pool, types } = await import('pg')
    const config = { ...clientConfig(settings), types: typeParsers(types) }
    const pool = new Pool({ ...config, max, idleTimeoutMillis, allowExitOnIdle: true })
    // An idle connection that the server closes is no error of anybody: the next use opens another.
    pool.on('error', () => {})
    return pool
  }

  const lend = async (): Promise<PoolClient> => {
    if (closed)
      throw new SluiceError('DATABASE_QUERY', {
        database: location,
        problem: 'this block was closed',
        transient: false,
      })
    try {
      const pool = await (opening ??= openPool())
      return await pool.connect()
    } catch (error) {
      throw queryError(error, { database: location })
    }
  }

  const use = async <T>(work: (client: PoolClient) => Promise<T>, signal?: AbortSignal): Promise<T> => {
    const giveBack = await slots.take(signal)
    try {
      return await withClient(await lend(), work, signal)
    } finally {
      giveBack()
    }
  }

  const cancelBackend = async (pid: number): Promise<void> => {
    const { Client } = await import('pg')
    const client: Client = new Client(clientConfig(settings))
    client.on('error', () => {})
    try {
      await client.connect()
      await client.query('select pg_cancel_backend($1)', [pid])
    } finally {
      await client.end()
    }
  }

  const close = async (): Promise<void> => {
    if (closed) return
    closed = true
    await (await opening)?.end()
  }

  return { location, use, cancelBackend, close }
}

async function withClient<T>(
  client: PoolClient,
  work: (client: PoolClient) => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  // The pool listens only while the connection is idle: a socket that breaks during work would end the process.
  let broken = false
  const onError = (): void => {
    broken = true
  }
  client.on('error', onError)
  try {
    return await work(client)
  } catch (error) {
    // The server's last words reach the query before the end of the connection reaches the socket.
    broken ||= isTransientDatabaseError(error)
    throw error
  } finally {
    // A cancel request may still be on its way to an aborted one.
    client.release(broken || signal?.aborted === true || client.getTransactionStatus() !== 'I')
    client.removeListener('error', onError)
  }
}

function clientConfig(settings: PostgresSettings): ClientConfig {
  const { password } = settings
  return {
    host: settings.host ?? 'localhost',
    port: settings.port ?? 5432,
    user: settings.user,
    database: settings.database,
    password: isSecret(password) ? password.reveal() : password,
    ssl: settings.ssl ?? false,
    application_name: settings.applicationName ?? 'sluice',
    options: settings.options,
    connectionTimeoutMillis: parseDuration(settings.connectTimeout ?? '10s'),
    keepAlive: true,
  }
}
