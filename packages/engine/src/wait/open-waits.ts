import type { Micros } from '@sluice/core'
import type { RunControl, WaitRecord } from '@sluice/store'
import { nextTurn } from '../platform.ts'

/** A wait that code waits for now. */
export interface OpenWait {
  readonly row: Omit<WaitRecord, 'seq'>
  /** False for a started run that nobody has asked for its outcome: such a one keeps nobody waiting. */
  readonly awaited: boolean
  /** Resolves once its outcome stands in line for the journal. */
  answer(text: string): Promise<void>
  /** The process is given up: no timer of it may keep that from ending. */
  stop(): void
}

/** Something that is over already, or whose time is up, and since when. */
export interface DueWait {
  readonly at: Micros
  /** Somebody may have answered it at the last moment. */
  readonly look: boolean
  settle(): Promise<void>
}

export interface OpenWaitsOptions {
  /** Reads the control now and hands its answers on. */
  readonly look: () => Promise<void>
  /** What the run waits for has changed. */
  readonly changed: () => void
}

/** What the code of a run waits for, and where answers find it. */
export class OpenWaits {
  readonly #options: OpenWaitsOptions
  readonly #open = new Map<string, OpenWait>()
  /** Of waits that the resumed code has not come to yet. */
  #early = new Map<string, string>()
  #due: DueWait[] = []

  constructor(options: OpenWaitsOptions) {
    this.#options = options
  }

  /** In the order in which they began. */
  get all(): readonly OpenWait[] {
    return [...this.#open.values()]
  }

  get size(): number {
    return this.#open.size
  }

  add(wait: OpenWait): void {
    this.#open.set(wait.row.id, wait)
    this.#options.changed()
    const early = this.#early.get(wait.row.id)
    if (early !== undefined) void wait.answer(early)
  }

  remove(id: string): void {
    if (this.#open.delete(id)) this.#options.changed()
  }

  /** One after the other: the first answer stands first in the journal. */
  async take(answers: RunControl['answers']): Promise<void> {
    if (answers.length === 0 && this.#early.size === 0) return
    this.#early = new Map(answers.map(({ waitId, answer }) => [waitId, answer]))
    for (const { waitId, answer } of answers) await this.#open.get(waitId)?.answer(answer)
  }

  stop(): void {
    for (const wait of this.#open.values()) wait.stop()
  }

  /** Settles what is over in the order in which it came to be: a resumed race of two has the winner it would have had. */
  settle(due: DueWait): void {
    if (this.#due.push(due) === 1) nextTurn(() => void this.#settleDue())
  }

  async #settleDue(): Promise<void> {
    const due = this.#due.toSorted((a, b) => a.at - b.at)
    this.#due = []
    if (due.some((one) => one.look)) await this.#options.look()
    for (const one of due) await one.settle()
  }
}
