import type { Micros, State, StoredError } from '@sluice/core'
import type { SlotHolder } from './dispatch-store.ts'
import type {
  Artifact,
  CacheEntry,
  RunRecord,
  StoredValue,
  TaskRunRecord,
  TimelineEntry,
  WaitRecord,
} from './records.ts'

/** Consecutive entries of one root run's journal, written in one transaction under the fence. */
export interface JournalBatch {
  readonly rootId: string
  readonly epoch: number
  /** Number of the first entry; entry `i` has number `first + i`. */
  readonly first: number
  readonly entries: readonly JournalEntry[]
}

/** What the fence learned on its way. */
export interface JournalReceipt {
  /** Somebody asked for this run to be cancelled. */
  readonly cancelling: boolean
  /** Who stands in line no longer because this batch ended or suspended the run. Absent: nobody. */
  readonly freed?: readonly SlotHolder[]
}

export type JournalEntry = TaskEntry | ChildRunEntry | RootRunEntry | WaitEntry | ArtifactEntry | DropEntry

/**
 * A task run, inserted or replaced as a whole under (root run, key): started, waiting for a retry, or finished.
 * `row.seq` is the entry's number. The cache entry goes in the same transaction.
 */
export interface TaskEntry {
  readonly kind: 'task'
  readonly row: TaskRunRecord
  readonly cache?: CacheEntry
}

/** A child run, inserted or replaced as a whole under its id. */
export interface ChildRunEntry {
  readonly kind: 'child'
  readonly row: Omit<RunRecord, 'epoch' | 'journalSeq' | 'crashCount' | 'nondeterministic' | 'owner' | 'rerunOf'>
}

/**
 * A change to the root run itself. Fields left out stay, save that an end without `endedAt` ended at its state's time and
 * that the first `running` state is the start. A terminal state clears the owner. Any other state, with its timeline, gives
 * way to Cancelling: somebody asked for that while the owner did not know yet.
 */
export interface RootRunEntry {
  readonly kind: 'root'
  readonly state: State
  readonly timeline: readonly TimelineEntry[]
  readonly attempt?: number
  readonly result?: StoredValue | null
  readonly error?: StoredError | null
  readonly unhandled?: readonly string[]
  readonly name?: string | null
  /** As the flow's schema parsed them. */
  readonly parameters?: StoredValue
  readonly endedAt?: Micros | null
  readonly nondeterministic?: boolean
}

/** A wait, inserted or replaced as a whole under (root run, key). */
export interface WaitEntry {
  readonly kind: 'wait'
  readonly row: WaitRecord
}

/** Inserted, or replaced under (root run, run, task run, key), keeping id and creation time. */
export interface ArtifactEntry {
  readonly kind: 'artifact'
  readonly row: Artifact
}

/** These keys are not replayed any more (a flow's or task's own retry begins). */
export interface DropEntry {
  readonly kind: 'drop'
  readonly keys: readonly string[]
}
