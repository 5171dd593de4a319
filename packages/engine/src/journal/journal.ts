import { formatDuration, isSluiceError, SluiceError } from '@sluice/core'
import type { JournalEntry } from '@sluice/store'
import { nextTurn, type Platform } from '../platform.ts'
import type { RunStore } from '../run-store.ts'
import { fullSize, sizeOf } from './entry-size.ts'

/** Entries that are written together or not at all, and what happens once they are. */
interface Unit {
  readonly entries: (firstSeq: number) => readonly JournalEntry[]
  readonly count: number
  readonly committed: ((lastSeq: number) => void) | undefined
}

export interface JournalOptions {
  readonly store: Pick<RunStore, 'appendJournal'>
  readonly platform: Platform
  readonly rootId: string
  readonly epoch: number
  /** The last number this run's journal has given. */
  readonly seq: number
  /** How long the store may refuse before the run is given up, in ms. */
  readonly timeoutMs: number
  /** The run was asked to stop. */
  readonly onCancelling: () => void
  /** This process can go on with the run no longer: another owner, or a store that stays away. Called once. */
  readonly onLost: (error: SluiceError) => void
  /** The store refuses for the moment; called once per outage. */
  readonly onOutage: (error: SluiceError) => void
}

const batchLimit = 500
const firstPauseMs = 20
const longestPauseMs = 2_000

/**
 * The one way in which a run's history is written: in order, numbered, one batch in flight, each batch fenced by (root run, epoch).
 * What is appended in one turn of the event loop, or while a batch is in flight, goes together (group commit).
 *
 * A store error never fails a task. While the store refuses, {@link ready} holds new starts back and the batch is tried again;
 * running bodies go on and their outcomes wait here.
 */
export class Journal {
  readonly #options: JournalOptions
  #queue: Unit[] = []
  #seq: number
  #phase: 'idle' | 'scheduled' | 'writing' | 'lost' = 'idle'
  #outage: Promise<void> | undefined
  #idle: (() => void)[] = []

  constructor(options: JournalOptions) {
    this.#options = options
    this.#seq = options.seq
  }

  /** Undefined when calls may start; else what to wait for. */
  get ready(): Promise<void> | undefined {
    return this.#outage
  }

  /** `entry` is made when its number is known. */
  append(entry: (seq: number) => JournalEntry, committed?: (seq: number) => void): void {
    this.#push({ entries: (seq) => [entry(seq)], count: 1, committed })
  }

  /** All or nothing, under consecutive numbers. */
  appendTogether(entries: readonly ((seq: number) => JournalEntry)[], committed?: (seq: number) => void): void {
    this.#push({ entries: (first) => entries.map((entry, i) => entry(first + i)), count: entries.length, committed })
  }

  /** Appends and waits for the commit. Never settles when the run is lost: nothing may follow. */
  write(...entries: readonly ((seq: number) => JournalEntry)[]): Promise<number> {
    return new Promise((resolve) => this.appendTogether(entries, resolve))
  }

  /** Everything appended so far is committed, or the run is lost. */
  async drained(): Promise<void> {
    if (this.#phase === 'idle' || this.#phase === 'lost') return
    await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  /** Nothing is written any more. */
  stop(): void {
    this.#phase = 'lost'
    this.#queue = []
    for (const wake of this.#idle.splice(0)) wake()
  }

  #push(unit: Unit): void {
    if (this.#phase === 'lost') return
    this.#queue.push(unit)
    if (this.#phase !== 'idle') return
    this.#phase = 'scheduled'
    nextTurn(() => void this.#drain())
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0 && this.#phase !== 'lost') {
      this.#phase = 'writing'
      const { units, entries } = this.#takeBatch()
      const first = this.#seq + 1
      if (!(await this.#commit(first, entries))) return
      this.#seq += entries.length
      let seq = first - 1
      for (const unit of units) unit.committed?.((seq += unit.count))
    }
    if (this.#phase === 'lost') return
    this.#phase = 'idle'
    for (const wake of this.#idle.splice(0)) wake()
  }

  #takeBatch(): { readonly units: readonly Unit[]; readonly entries: readonly JournalEntry[] } {
    const entries: JournalEntry[] = []
    let size = 0
    let end = 0
    for (const unit of this.#queue) {
      if (end > 0 && (entries.length + unit.count > batchLimit || size > fullSize)) break
      for (const entry of unit.entries(this.#seq + entries.length + 1)) {
        entries.push(entry)
        size += sizeOf(entry)
      }
      end++
    }
    return { units: this.#queue.splice(0, end), entries }
  }

  /** True once the batch is in the store; false when the run is lost. */
  async #commit(first: number, entries: readonly JournalEntry[]): Promise<boolean> {
    const { store, platform, rootId, epoch, timeoutMs } = this.#options
    const started = platform.now()
    let endOutage: (() => void) | undefined
    for (let pause = firstPauseMs; ; pause = Math.min(pause * 2, longestPauseMs)) {
      try {
        const receipt = await store.appendJournal({ rootId, epoch, first, entries })
        this.#outage = undefined
        endOutage?.()
        if (receipt.cancelling) this.#options.onCancelling()
        return !this.#isLost()
      } catch (cause) {
        if (this.#isLost()) return false
        const error = asStoreError(cause)
        const waited = (platform.now() - started) / 1000
        if (!isTransient(error) || waited >= timeoutMs) {
          this.#lose(
            isTransient(error)
              ? new SluiceError(
                  'JOURNAL_TIMEOUT',
                  { run: rootId, after: formatDuration(waited), problem: error.message },
                  { cause: error },
                )
              : error,
          )
          return false
        }
        if (!endOutage && waited > longestBusyMs) {
          this.#outage = new Promise((resolve) => (endOutage = resolve))
          this.#options.onOutage(error)
        }
        await new Promise<void>((resolve) => platform.after(pause * (0.5 + platform.random()), resolve))
        if (this.#isLost()) return false
      }
    }
  }

  #isLost(): boolean {
    return this.#phase === 'lost'
  }

  #lose(error: SluiceError): void {
    this.stop()
    this.#options.onLost(error)
  }
}

/** Shorter refusals (another process holds the file) are normal and hold nothing back. */
const longestBusyMs = 250

function isTransient(error: SluiceError): boolean {
  return error.code === 'STORE_UNAVAILABLE' || error.code === 'STORE_FULL'
}

function asStoreError(cause: unknown): SluiceError {
  return isSluiceError(cause)
    ? cause
    : new SluiceError('STORE_UNAVAILABLE', { problem: 'an unexpected error' }, { cause })
}
