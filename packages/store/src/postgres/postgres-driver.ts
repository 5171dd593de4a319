import type { Pool, PoolClient } from 'pg'
import type { Driver } from '../driver.ts'
import type { JournalBatch, JournalReceipt } from '../journal-batch.ts'
import type { Platform } from '../platform.ts'
import { retryBusy } from '../retry-busy.ts'
import type { Steps } from '../statement.ts'
import { appendJournal } from './append-journal.ts'
import { fromPostgresError, isAnswer } from './postgres-errors.ts'
import { drive } from './postgres-session.ts'

/** PostgreSQL behind the store: a pool of connections. */
export class PostgresDriver implements Driver {
  readonly dialect = 'postgres'
  readonly location: string
  readonly #pool: Pool
  readonly #platform: Platform
  #ended: Promise<void> | undefined

  constructor(pool: Pool, location: string, platform: Platform) {
    this.#pool = pool
    this.location = location
    this.#platform = platform
  }

  run<T>(steps: () => Steps<T>): Promise<T> {
    return retryBusy(this.#platform, () => this.#told(() => drive(this.#pool, steps())))
  }

  transact<T>(steps: () => Steps<T>): Promise<T> {
    return retryBusy(this.#platform, () =>
      this.#told(() => inTransaction(this.#pool, (client) => drive(client, steps()))),
    )
  }

  appendJournal(batch: JournalBatch): Promise<JournalReceipt> {
    return this.#told(() => appendJournal(this.#pool, batch))
  }

  close(): Promise<void> {
    this.#ended ??= this.#pool.end()
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
