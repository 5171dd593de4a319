import type { JournalBatch, JournalReceipt } from './journal-batch.ts'
import type { Signals } from './event-store.ts'
import type { Platform } from './platform.ts'
import type { Dialect, Steps } from './statement.ts'

/** What the store needs of a database. Every method throws {@link SluiceError}s only, save for mistakes in our own SQL. */
export interface Driver {
  readonly dialect: Dialect
  /** Safe to print. */
  readonly location: string
  readonly platform: Platform
  readonly signals: Signals
  /** Every statement for itself. Started anew when the database was busy, so `steps` is a function. */
  run<T>(steps: () => Steps<T>): Promise<T>
  /** All statements in one transaction, which on SQLite is the only writer from its first statement on. */
  transact<T>(steps: () => Steps<T>): Promise<T>
  /** The one call that reports a busy database at once: its caller has a queue and retries by itself. */
  appendJournal(batch: JournalBatch): Promise<JournalReceipt>
  /** {@link EventStore.backupTo} */
  backupTo(file: string): Promise<void>
  /** Gives space back to the disk and renews what the planner knows. Takes as long as it takes. */
  vacuum(): Promise<void>
  close(): Promise<void>
}
