import type { Driver } from '../driver.ts'
import type { JournalBatch, JournalReceipt } from '../journal-batch.ts'
import type { Signals } from '../event-store.ts'
import type { Platform } from '../platform.ts'
import { retryBusy } from '../retry-busy.ts'
import { localSignals } from '../signals/local-signals.ts'
import type { Steps } from '../statement.ts'
import { appendJournal, appendJournals } from './append-journal.ts'
import { JournalGroups } from './journal-groups.ts'
import type { SqliteConnection } from './sqlite-connection.ts'
import { fromSqliteError } from './sqlite-errors.ts'

/** SQLite behind the store: one connection, on which nothing overlaps because everything is synchronous. */
export class SqliteDriver implements Driver {
  readonly dialect = 'sqlite'
  readonly location: string
  readonly platform: Platform
  readonly signals: Signals
  readonly #connection: SqliteConnection
  readonly #journals: JournalGroups
  #closed = false

  constructor(connection: SqliteConnection, location: string, platform: Platform) {
    this.#connection = connection
    this.location = location
    this.platform = platform
    this.signals = localSignals(location)
    this.#journals = new JournalGroups({
      one: (batch) => this.#told(() => appendJournal(connection, batch)),
      several: (batches) => this.#told(() => appendJournals(connection, batches)),
      afterThisTurn: platform.afterThisTurn,
    })
  }

  run<T>(steps: () => Steps<T>): Promise<T> {
    return retryBusy(this.platform, () => this.#told(() => this.#connection.drive(steps())))
  }

  transact<T>(steps: () => Steps<T>): Promise<T> {
    return retryBusy(this.platform, () =>
      this.#told(() => this.#connection.transaction(() => this.#connection.drive(steps()))),
    )
  }

  appendJournal(batch: JournalBatch): Promise<JournalReceipt> {
    return this.#journals.append(batch)
  }

  async backupTo(file: string): Promise<void> {
    try {
      await this.#connection.backupTo(file)
    } catch (error) {
      throw fromSqliteError(error, file)
    }
  }

  async vacuum(): Promise<void> {
    await retryBusy(this.platform, () =>
      this.#told(() => this.#connection.exec('vacuum; analyze; pragma wal_checkpoint(truncate)')),
    )
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#journals.flush()
    this.#closed = true
    this.#connection.close()
  }

  #told<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      throw fromSqliteError(error, this.location)
    }
  }
}
