import type { LimitNeed } from '@sluice/store'
import { patiently } from '../run/patience.ts'
import type { RootRun } from '../run/root-run.ts'
import type { CancelScope } from '../scope/cancel-scope.ts'

const firstPauseMs = 50
const longestPauseMs = 250
/** How long a question for slots may be open where the store answers when they are free. */
const longestPollMs = 20_000
/** How often one who waits looks for dead processes: their slots must come free. */
const tidyEveryMs = 2_000

export interface SlotWish {
  /** Of the call, or of the place in the code, that takes them. */
  readonly key: string
  readonly needs: readonly LimitNeed[]
}

/**
 * Slots of named limits that a run holds in the store, beside those it holds in this process. The store grants them in the order of
 * asking, to (root run, epoch, key): a crash gives them back.
 */
export class SharedSlots {
  readonly #root: RootRun
  readonly #held = new Map<string, readonly string[]>()
  readonly #releasing = new Map<string, Promise<void>>()

  constructor(root: RootRun) {
    this.#root = root
  }

  /** Names of the limits of which this run holds slots. */
  get held(): readonly string[] {
    return [...new Set([...this.#held.values()].flat())]
  }

  /** Waits for its turn. Rejects when `cancel` is cancelled first, and with what the store refuses for good. */
  async acquire(wish: SlotWish, cancel: CancelScope, waiting: () => void): Promise<void> {
    await this.#releasing.get(wish.key)
    // Whoever waited for a slot of this process while its run was lost gives it back.
    if (this.#root.ended) throw this.#root.ended
    let asked: Promise<unknown> = Promise.resolve()
    const ask = (waitMs: number): Promise<boolean> => {
      const answer = this.#ask(wish, waitMs)
      asked = answer
      return cancel.race(answer)
    }
    try {
      await this.#standInLine(ask, cancel, waiting)
    } catch (error) {
      // Leaves the line, after the answer that is under way: slots may just have been granted.
      if (!this.#root.ended) void asked.catch(() => undefined).then(() => this.#giveBack(wish.key))
      throw error
    }
    const names = wish.needs.map((need) => need.name)
    this.#held.set(wish.key, names)
  }

  async #standInLine(
    ask: (waitMs: number) => Promise<boolean>,
    cancel: CancelScope,
    waiting: () => void,
  ): Promise<void> {
    const { platform, home, local } = this.#root
    const pushed = home.store.controlIsPushed === true
    let tidied = platform.now()
    for (let pauseMs = firstPauseMs, waitMs = 0; !(await ask(waitMs));) {
      waiting()
      if (pushed) waitMs = longestPollMs
      else await cancel.race(new Promise<void>((resolve) => platform.after(pauseMs, resolve)))
      pauseMs = Math.min(pauseMs * 2, longestPauseMs)
      if (pushed || (platform.now() - tidied) / 1000 < tidyEveryMs) continue
      tidied = platform.now()
      await local?.tidy()
    }
  }

  /** Gives them back, then calls `then`: at once when there was nothing to give back, or nobody to give it to. */
  release(key: string, then: () => void = () => undefined): void {
    if (!this.#held.delete(key) || this.#root.ended) {
      then()
      return
    }
    void this.#giveBack(key).then(then)
  }

  #giveBack(key: string): Promise<void> {
    const { home, id, record } = this.#root
    const given = patiently(this.#root, () => home.store.releaseSlots({ rootId: id, epoch: record.epoch, key })).then(
      () => undefined,
      // What the store does not take back, the end of the run gives back.
      () => undefined,
    )
    this.#releasing.set(key, given)
    return given.then(() => {
      if (this.#releasing.get(key) === given) this.#releasing.delete(key)
    })
  }

  #ask({ key, needs }: SlotWish, waitMs: number): Promise<boolean> {
    const { home, id, record } = this.#root
    const request = { rootId: id, epoch: record.epoch, key, needs }
    return patiently(this.#root, () => home.store.acquireSlots(request, waitMs))
  }
}
