import type { Micros, StateType } from '@sluice/core'
import type { Page, RunRecord, TaskRunRecord } from './records.ts'

/** Streams, filtered lists, wake-ups between processes, and the care of the database. */
export interface EventStore {
  /** Users' events, in one transaction. An id that is there already is not inserted again. */
  emitEvents(events: readonly NewEvent[]): Promise<void>
  /**
   * Events after a position, in order, never one that a transaction still under way could precede. `next` is where to read on: the
   * last event of a full page, else the position up to which nothing can appear any more, so that a reader with a filter does not
   * look at what it has passed again.
   */
  readEvents(query: {
    readonly after: number
    readonly limit: number
    readonly rootId?: string
    readonly name?: string
  }): Promise<EventPage>
  /** The position that a reader who wants only what comes from now on begins after. */
  lastEventPosition(): Promise<number>
  /**
   * Newest first. A name that ends in `.` is the beginning of names. `key` and times go with a name or a root run, and a beginning
   * with a bounded number of names: anything else throws `FILTER_UNSUPPORTED`. `since` is inclusive, `until` is not.
   */
  listEvents(query: {
    readonly limit: number
    readonly after?: string
    readonly name?: string
    readonly key?: string
    readonly rootId?: string
    readonly since?: Micros
    readonly until?: Micros
  }): Promise<Page<EventRecord>>

  /** Task runs and child runs of a tree whose row was written after `seq`, in order of it: what changed since. */
  readTreeChanges(query: {
    readonly rootId: string
    readonly after: number
    readonly limit: number
  }): Promise<readonly TreeChange[]>

  /**
   * Root runs, newest first; by name prefix in order of name. What can be combined is what an index serves, so that no filter is
   * slow because it finds little: `flow` or `deploymentId` or neither, each with `states` and times; `tag` with times; `startedBy`
   * with times; `name` alone. Anything else throws `FILTER_UNSUPPORTED`. Times go by the millisecond that is in a run's id.
   */
  searchRuns(query: RunSearch): Promise<Page<RunRecord>>
  /** Exact up to `cap`; `cap` means "that many or more". */
  countRuns(query: Omit<RunSearch, 'limit' | 'after'>, cap: number): Promise<number>

  readonly signals: Signals

  /** For `sluice db status`: schema version, size in bytes, rows of the large tables (estimated on PostgreSQL). */
  databaseStatus(): Promise<DatabaseStatus>
  /** SQLite: a consistent copy into `file` while in use. PostgreSQL: throws `OPTION_INVALID` that names pg_dump. */
  backupTo(file: string): Promise<void>
  vacuum(): Promise<void>
  /** Bounded batches of what has had its time: events, idempotency keys, stopped workers. Rows deleted. */
  deleteHistory(query: { readonly eventsBefore: Micros; readonly limit: number }): Promise<number>
}

/**
 * Wake-ups between the processes on one database, by topic. Hints only: they may be lost or come twice, polling is the safety
 * net. PostgreSQL: NOTIFY, at most one per ~50 ms and process (the first at once). SQLite: within this process only.
 */
export interface Signals {
  send(topics: readonly string[]): void
  /** Also told of this process's own. Returns what ends it. */
  subscribe(listener: (topics: readonly string[]) => void): () => void
}

export interface NewEvent {
  readonly id: string
  readonly workspace: string
  readonly name: string
  readonly key: string | null
  readonly rootId: string | null
  /** JSON. */
  readonly payload: string | null
}

export interface EventRecord extends NewEvent {
  readonly position: number
  readonly deploymentId: string | null
  readonly recordedAt: Micros
}

export interface EventPage {
  readonly events: readonly EventRecord[]
  readonly next: number
}

export type TreeChange =
  | { readonly kind: 'task'; readonly seq: number; readonly task: TaskRunRecord }
  | { readonly kind: 'run'; readonly seq: number; readonly run: RunRecord }

export interface RunSearch {
  readonly limit: number
  readonly after?: string
  readonly workspace?: string
  readonly flow?: string
  readonly states?: readonly StateType[]
  readonly deploymentId?: string
  readonly tag?: string
  /** Prefix. */
  readonly name?: string
  /** The root run that started it with `flow.start`. */
  readonly startedBy?: string
  /** Inclusive. */
  readonly createdAfter?: Micros
  /** Exclusive. */
  readonly createdBefore?: Micros
}

export interface DatabaseStatus {
  readonly kind: 'sqlite' | 'postgres'
  readonly location: string
  readonly schema: { readonly version: number; readonly known: number }
  readonly bytes: number
  readonly rows: Readonly<Record<string, number>>
}
