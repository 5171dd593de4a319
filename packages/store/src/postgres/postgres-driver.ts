import { SluiceError } from '@sluice/core'
import type { Client, Pool, PoolClient } from 'pg'
import type { Driver } from '../driver.ts'
import type { JournalBatch, JournalReceipt } from '../journal-batch.ts'
import type { Platform } from '../platform.ts'
import { retryBusy } from '../retry-busy.ts'
import type { Steps } from '../statement.ts'
import { appendGroup } from './append-group.ts'
import { appendJournal } from './append-journal.ts'
import { fromPostgresError, isAnswer } from './postgres-errors.ts'
import { PostgresJournals } from './postgres-journals.ts'
import { drive } from './postgres-session.ts'
import type { PostgresSignals } from './postgres-signals.ts'
import { vacuumTables } from './vacuum-tables.ts'

/** What a {@link PostgresDriver} is made of. */
export interface PostgresParts {
  readonly pool: Pool
  readonly location: string
  readonly platform: Platform
  readonly signals: PostgresSignals
  /** A connection beside the pool, for what takes longer than any query may. */
  readonly client: () => Client
}

/** PostgreSQL behind the store: a pool of connections. */
export class PostgresDriver implements Driver {
  readonly dialect = 'postgres'
  readonly location: string
  readonly platform: Platform
  readonly signals: PostgresSignals
  readonly #pool: Pool
  readonly #client: () => Client
  readonly #journals: PostgresJournals
  #ended: Promise<void> | undefined

  constructor(parts: PostgresParts) {
    this.location = parts.location
    this.platform = parts.platform
    this.signals = parts.signals
    this.#pool = parts.pool
    this.#client = parts.client
    this.#journals = new PostgresJournals({
      alone: (batch) => appendJournal(parts.pool, (work) => inTransaction(parts.pool, work), batch),
      together: (group) => appendGroup(parts.pool, group),
      afterThisTurn: parts.platform.afterThisTurn,
    })
  }

  run<T>(steps: () => Steps<T>): Promise<T> {
    return retryBusy(this.platform, () => this.#told(() => drive(this.#pool, steps())))
  }

  transact<T>(steps: () => Steps<T>): Promise<T> {
    return retryBusy(this.platform, () =>
      this.#told(() => inTransaction(this.#pool, (client) => drive(client, steps()))),
    )
  }

  appendJournal(batch: JournalBatch): Promise<JournalReceipt> {
    return this.#told(() => this.#journals.append(batch))
  }

  async backupTo(): Promise<void> {
    const problem = 'PostgreSQL is backed up by its own tools: pg_dump --schema=sluice --format=custom'
    throw new SluiceError('OPTION_INVALID', { option: 'file', problem })
  }

  vacuum(): Promise<void> {
    return this.#told(() => vacuumTables(this.#client()))
  }

  close(): Promise<void> {
    // Last words first: they need a connection.
    this.#ended ??= this.#journals
      .flushed()
      .then(() => this.signals.close())
      .then(() => this.#pool.end())
    return this.#ended
  }

  async #told<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw fromPostgresError(error, this.location)
    }
  }
}

/** All of `work` or nothing of it, on one connection; one that broke on the way is not used again. */
export async function inTransaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  // A connection that breaks says so twice: to its query, and as an event that would end the process.
  client.on('error', ignore)
  let broken = false
  try {
    await client.query('begin')
    const value = await work(client)
    await client.query('commit')
    return value
  } catch (error) {
    broken = !isAnswer(error) || !(await rolledBack(client))
    throw error
  } finally {
    // Whoever takes it next listens again; a broken one may still have something to say.
    if (!broken) client.removeListener('error', ignore)
    client.release(broken)
  }
}

const ignore = (): void => undefined

async function rolledBack(client: PoolClient): Promise<boolean> {
  return client.query('rollback').then(
    () => true,
    () => false,
  )
}
