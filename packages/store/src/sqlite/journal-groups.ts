import type { JournalBatch, JournalReceipt } from '../journal-batch.ts'
import { isBusy } from '../retry-busy.ts'
import type { Appended } from './append-journal.ts'

export interface JournalGroupsOptions {
  readonly one: (batch: JournalBatch) => JournalReceipt
  /** All in one transaction. Throws when that did not come to its commit: then nothing is written. */
  readonly several: (batches: readonly JournalBatch[]) => readonly Appended[]
  readonly afterThisTurn: (work: () => void) => void
}

interface Waiting {
  readonly batch: JournalBatch
  readonly resolve: (receipt: JournalReceipt) => void
  readonly reject: (error: unknown) => void
}

/** The event loop stands still for a group: about 5 ms of small batches. */
const mostTogether = 100

/**
 * Group commit across runs. The first batch of a turn of the event loop is written at once, so a run that is alone waits for nobody;
 * what else arrives in that turn is written together at its end.
 */
export class JournalGroups {
  readonly #options: JournalGroupsOptions
  #waiting: Waiting[] = []
  #gathering = false

  constructor(options: JournalGroupsOptions) {
    this.#options = options
  }

  async append(batch: JournalBatch): Promise<JournalReceipt> {
    if (this.#gathering) return new Promise((resolve, reject) => this.#waiting.push({ batch, resolve, reject }))
    this.#gathering = true
    this.#options.afterThisTurn(() => {
      this.#gathering = false
      this.flush()
    })
    return this.#options.one(batch)
  }

  /** Writes what waits, now. */
  flush(): void {
    while (this.#waiting.length > 0) this.#write(this.#waiting.splice(0, mostTogether))
  }

  #write(group: readonly Waiting[]): void {
    if (group.length === 1 || !this.#writeTogether(group)) for (const waiting of group) this.#writeAlone(waiting)
  }

  /** False when they must be written alone: one of them is at fault, and which one shows when each is written alone. */
  #writeTogether(group: readonly Waiting[]): boolean {
    let appended: readonly Appended[]
    try {
      appended = this.#options.several(group.map(({ batch }) => batch))
    } catch (error) {
      // Another process writes: asking for each of them would only block the event loop longer.
      if (!isBusy(error)) return false
      for (const { reject } of group) reject(error)
      return true
    }
    group.forEach(({ resolve, reject }, index) => {
      const each = appended[index]
      if (each !== undefined && 'receipt' in each) resolve(each.receipt)
      else reject(each?.error)
    })
    return true
  }

  #writeAlone({ batch, resolve, reject }: Waiting): void {
    try {
      resolve(this.#options.one(batch))
    } catch (error) {
      reject(error)
    }
  }
}
