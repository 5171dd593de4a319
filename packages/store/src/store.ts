import type { Micros, State, StateType } from '@sluice/core'
import type { CatalogStore } from './catalog-store.ts'
import type { DispatchStore } from './dispatch-store.ts'
import type { EventStore } from './event-store.ts'
import type { JournalBatch, JournalReceipt } from './journal-batch.ts'
import type { LakeStore } from './lake-store.ts'
import type {
  Artifact,
  CachedResult,
  Checkpoints,
  LogEntry,
  LogRecord,
  NewRun,
  Owner,
  Page,
  RunControl,
  RunRecord,
  TaskRunRecord,
} from './records.ts'

/**
 * Everything Sluice remembers. One interface, SQLite and PostgreSQL behind it, one conformance suite
 * (`store.testsuite.ts`) that both must pass.
 *
 * Methods throw {@link SluiceError}: `STORE_UNAVAILABLE` (busy, down, full: try again), `STORE_CORRUPT`,
 * `STORE_TOO_NEW`, `STORE_READ_ONLY` (trying again is no use), `RUN_FENCED`, `RUN_NOT_FOUND`.
 */
export interface Store extends DispatchStore, CatalogStore, EventStore, LakeStore, AsyncDisposable {
  readonly kind: 'sqlite' | 'postgres'
  /** Where it is, safe to print: a file path, or host and database without credentials. */
  readonly location: string

  /** Inserts a root run with epoch 1. Inserting the same id again with the same epoch is success (a lost answer was retried). */
  createRun(run: NewRun): Promise<void>
  getRun(id: string): Promise<RunRecord | undefined>
  /** The one run whose id starts with `prefix`; `AMBIGUOUS_ID` when there are several. */
  findRun(prefix: string): Promise<RunRecord | undefined>
  /** Newest first, by keyset on the id. */
  listRuns(query: RunQuery): Promise<Page<RunRecord>>

  /**
   * Takes a root run over: epoch + 1, new owner, new state, named checkpoints dropped, in one transaction, and only while
   * its epoch is still `expectedEpoch`. Returns undefined when somebody else was first.
   */
  claimRun(claim: RunClaim): Promise<RunRecord | undefined>
  /**
   * Marks a root run Crashed if it is still live and still at `expectedEpoch`; its unfinished child runs with it, which are
   * no checkpoints any more: the child did not end, its process did.
   * Bumps the epoch, so an owner that wakes up later is fenced. Adds one to the crash count, or sets it to one when
   * a checkpoint was journaled since the last crash. True when this call did it.
   */
  markCrashed(mark: { id: string; expectedEpoch: number; at: Micros; message: string }): Promise<boolean>
  /**
   * Ends a root run that nobody owns any more (its owner is dead and cancellation was asked for): the same guard as
   * {@link markCrashed}, the state given. True when this call did it.
   */
  endAbandoned(end: { id: string; expectedEpoch: number; state: State }): Promise<boolean>
  /**
   * Asks the owner of a live root run to stop: its state becomes Cancelling. One that waits in a queue, suspended or not yet
   * begun, has no owner and is Cancelled at once. Returns the run as it is afterwards.
   */
  requestCancel(id: string, state: State): Promise<RunRecord | undefined>
  /** What a running owner polls: is it still the owner, was it or one of its tasks asked to stop, was a wait answered. */
  readControl(id: string): Promise<RunControl | undefined>
  /** Live root runs that a script process owns, for the check whether that process still lives. */
  listOwned(): Promise<readonly OwnedRun[]>

  /**
   * Appends one batch, all or nothing, in one transaction that begins with the fence: the root run's `journal_seq` moves from
   * `first − 1` to `last` only while its epoch is the batch's. Zero rows: another epoch throws `RUN_FENCED`; a position already
   * at or past `last` means that this very batch was applied before, which is success; anything else is `JOURNAL_GAP`.
   *
   * A root entry that ends the run also ends its assignment, its slots and its places in line, in the same transaction. One with
   * the state Suspended does that too and puts the run back into its queue, due at the earliest deadline of its open waits (at
   * once when one of them is answered, never by itself when none has a deadline).
   */
  appendJournal(batch: JournalBatch): Promise<JournalReceipt>
  /** What a resume needs: every call of the run that the journal knows, in order of `seq`, without large results. */
  loadCheckpoints(rootId: string): Promise<Checkpoints>

  getCached(key: string, now: Micros): Promise<CachedResult | undefined>

  appendLogs(entries: readonly LogEntry[]): Promise<void>
  /** In the order they were written; `after` is the position of the last one seen. */
  listLogs(query: LogQuery): Promise<Page<LogRecord>>
  /** In journal order; `after` is the last `seq` seen. */
  listTaskRuns(query: TaskRunQuery): Promise<Page<TaskRunRecord>>
  getTaskRun(id: string): Promise<TaskRunRecord | undefined>
  countTaskRuns(rootId: string): Promise<TaskRunCounts>
  listArtifacts(rootId: string): Promise<readonly Artifact[]>

  /**
   * Deletes root runs that ended before `before`, with all that belongs to them, at most `limit` runs, and expired cache
   * entries. Returns how many runs went, and the large results that nothing refers to any more. A run that is under way may
   * be about to refer to one of them again: whoever removes them leaves the young ones.
   */
  deleteRunsBefore(query: {
    before: Micros
    limit: number
    now: Micros
  }): Promise<{ runs: number; orphanedResults: readonly string[] }>

  close(): Promise<void>
}

/** The workspace of everything, until there are several. */
export const defaultWorkspace = 'default'

/** A live root run and the process that has it. */
export interface OwnedRun {
  readonly id: string
  readonly epoch: number
  readonly flow: string
  readonly owner: Owner
  readonly state: State
}

export interface RunQuery {
  /** At most 1 000 are given. */
  readonly limit: number
  /** Of root runs. Default: {@link defaultWorkspace}. */
  readonly workspace?: string
  /** The `next` of the page before. */
  readonly after?: string
  readonly flow?: string
  readonly states?: readonly StateType[]
  /** Only root runs (default), or every run of one tree. */
  readonly rootId?: string
  /** Of a tree: only those right below this run. */
  readonly parentId?: string
  /** Of a tree: false leaves out its root. */
  readonly root?: boolean
}

export interface RunClaim {
  readonly id: string
  readonly expectedEpoch: number
  readonly owner: Owner
  readonly state: State
  /** Adds one to the attempt people see: a retry does, a resume after a crash does not. */
  readonly newAttempt: boolean
  /** Keys of checkpoints (tasks, child runs, waits) that must not be replayed. */
  readonly drop: readonly string[]
}

export interface LogQuery {
  readonly rootId: string
  readonly runId?: string
  readonly taskRunId?: string
  readonly minLevel?: number
  readonly after?: string
  readonly limit: number
}

export interface TaskRunQuery {
  readonly rootId: string
  readonly runId?: string
  readonly states?: readonly StateType[]
  readonly after?: string
  readonly limit: number
}

/** Task runs of a whole tree by outcome. */
export interface TaskRunCounts {
  readonly total: number
  readonly completed: number
  readonly cached: number
  readonly failed: number
  readonly cancelled: number
  readonly other: number
  /** Attempts beyond the first, over all task runs. */
  readonly retries: number
}
