import { foldBatch } from '../fold-batch.ts'
import { receiptOf } from '../journal/fence.ts'
import type { JournalBatch, JournalReceipt } from '../journal-batch.ts'
import type { GroupedBatch, GroupFenced } from './append-group.ts'
import { groupedBatch } from './append-group.ts'
import { isAnswer } from './postgres-errors.ts'

export interface PostgresJournalsOptions {
  /** Appends one, waiting for whoever has its run. */
  readonly alone: (batch: JournalBatch) => Promise<JournalReceipt>
  /** Appends those it can, all or none of each. */
  readonly together: (group: readonly [GroupedBatch, ...GroupedBatch[]]) => Promise<readonly GroupFenced[]>
  readonly afterThisTurn: (work: () => void) => void
}

interface Waiting {
  readonly batch: JournalBatch
  readonly grouped: GroupedBatch
  readonly resolve: (receipt: JournalReceipt | Promise<JournalReceipt>) => void
  readonly reject: (error: unknown) => void
}

/** Of statements for groups. The database works on some while the next fill; more would only be smaller. */
const mostUnderWay = 3
/** In one statement. */
const mostTogether = 100
/** Characters in one statement, unless one batch has more: they are one text on their way, here and in the database. */
const fullSize = 4_000_000

/**
 * Group commit across runs: what arrives in one turn of the event loop, or while statements are under way, is appended in as few
 * statements as there are shapes of batches. A batch that cannot go with others goes alone, and waits for no group.
 */
export class PostgresJournals {
  readonly #options: PostgresJournalsOptions
  readonly #unanswered = new Set<Promise<unknown>>()
  #waiting: Waiting[] = []
  #underWay = 0
  #scheduled = false

  constructor(options: PostgresJournalsOptions) {
    this.#options = options
  }

  async append(batch: JournalBatch): Promise<JournalReceipt> {
    const grouped = groupedBatch(foldBatch(batch))
    if (grouped === undefined) return this.#options.alone(batch)
    const { promise, resolve, reject } = Promise.withResolvers<JournalReceipt>()
    this.#waiting.push({ batch, grouped, resolve, reject })
    this.#schedule()
    this.#unanswered.add(promise)
    try {
      return await promise
    } finally {
      this.#unanswered.delete(promise)
    }
  }

  /** Resolves once everything that was given before is written, or refused. */
  async flushed(): Promise<void> {
    await Promise.allSettled(this.#unanswered)
  }

  #schedule(): void {
    if (this.#scheduled || this.#underWay >= mostUnderWay || this.#waiting.length === 0) return
    this.#scheduled = true
    this.#options.afterThisTurn(() => {
      this.#scheduled = false
      while (this.#underWay < mostUnderWay && this.#waiting.length > 0) void this.#write(this.#take())
    })
  }

  /** Those of the shape of the first, one of each run: the same one again must find what became of it before. No more than is full. */
  #take(): readonly Waiting[] {
    const shape = this.#waiting[0]?.grouped.shape
    const roots = new Set<string>()
    const taken: Waiting[] = []
    const left: Waiting[] = []
    let size = 0
    for (const waiting of this.#waiting) {
      const { batch, grouped } = waiting
      const room = taken.length === 0 || (taken.length < mostTogether && size + grouped.size <= fullSize)
      if (!room || grouped.shape !== shape || roots.has(batch.rootId)) {
        left.push(waiting)
        continue
      }
      roots.add(batch.rootId)
      size += grouped.size
      taken.push(waiting)
    }
    this.#waiting = left
    return taken
  }

  async #write(group: readonly Waiting[]): Promise<void> {
    this.#underWay++
    try {
      const fenced = await this.#options.together(group.map(({ grouped }) => grouped) as [GroupedBatch])
      const before = new Map(fenced.map(({ id, state_type }) => [id, state_type]))
      for (const waiting of group) {
        const state = before.get(waiting.batch.rootId)
        if (state === undefined) this.#writeAlone(waiting)
        else waiting.resolve(receiptOf(state))
      }
    } catch (error) {
      // Refused, and none is written: one of them is at fault, and which one shows when each is written alone.
      for (const waiting of group) {
        if (isAnswer(error)) this.#writeAlone(waiting)
        else waiting.reject(error)
      }
    } finally {
      this.#underWay--
      this.#schedule()
    }
  }

  #writeAlone({ batch, resolve }: Waiting): void {
    resolve(this.#options.alone(batch))
  }
}
