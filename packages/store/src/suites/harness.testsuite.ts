import { expect } from 'vitest'
import { type ErrorCode, isSluiceError } from '@sluice/core'
import type { JournalBatch, JournalReceipt } from '../journal-batch.ts'
import type { OpenOptions } from '../open-store.ts'
import type { Platform } from '../platform.ts'
import { retryBusy } from '../retry-busy.ts'
import type { Statement, Steps } from '../statement.ts'
import type { Store } from '../store.ts'

/** A database of its own for one test, and what the suites need to know of it. */
export interface TestDatabase extends AsyncDisposable {
  /** What `openStore` takes. */
  readonly target: string
  /** What stores opened here run on. */
  readonly platform: Platform
  open(options?: OpenOptions): Promise<Store>
  /** Runs one statement past the store. */
  execute(text: string): Promise<void>
  /** How the database would run a statement, as it tells it; PostgreSQL uses an index wherever it can. */
  plan(statement: Statement): Promise<string>
  /** Another client appends this batch and leaves its transaction open. */
  holdAppend(batch: JournalBatch): Promise<HeldTransaction>
  /** Another client takes these steps and leaves its transaction open. */
  holdSteps(steps: () => Steps<unknown>): Promise<HeldTransaction>
}

/** A transaction that has done its work and is neither committed nor rolled back. */
export interface HeldTransaction {
  /** Resolves once somebody else waits for this transaction. */
  blocking(): Promise<void>
  commit(): Promise<void>
  rollback(): Promise<void>
}

/** Makes databases of one kind. */
export interface StoreHarness {
  readonly kind: Store['kind']
  /** With nothing in it. Its schema may be up to date. */
  create(): Promise<TestDatabase>
  /** That no store has opened. */
  createEmpty(): Promise<TestDatabase>
}

/** Appends as the engine does: a busy database is asked again. */
export function append(database: TestDatabase, store: Store, batch: JournalBatch): Promise<JournalReceipt> {
  return retryBusy(database.platform, () => store.appendJournal(batch))
}

/** Expects `work` to fail with this code. */
export async function expectCode(work: Promise<unknown>, code: ErrorCode): Promise<void> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!isSluiceError(error)) throw error ?? new Error(`expected ${code}, but it succeeded`)
  expect(error.code).toBe(code)
}
