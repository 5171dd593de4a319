import type { Books } from '../audit/read-books.ts'
import type { LedgerLine } from '../ledger.ts'
import type { Plan } from '../plan/plan.ts'
import type { SeenBatch } from '../proxy.ts'

/** Everything that is known when it is over. */
export interface Evidence {
  readonly plan: Plan
  /** Of the planned runs, by name. */
  readonly ids: ReadonlyMap<string, string>
  readonly books: Books
  readonly ledger: readonly LedgerLine[]
  readonly batches: readonly SeenBatch[]
  /** Answers of servers that no server may give, and requests that nobody may refuse. */
  readonly broken: readonly string[]
  /** Of the database's clock against the monotonic one, in µs. */
  readonly clockOffset: number
  /** Microseconds between two occurrences of the schedule. */
  readonly scheduleEvery: number
  /** Lines of logs that no program writes that is in order. */
  readonly alarms: readonly string[]
}

/** Something that must not be. */
export interface Finding {
  readonly law: string
  readonly problem: string
  /** The root run that it is about. */
  readonly root?: string
}
