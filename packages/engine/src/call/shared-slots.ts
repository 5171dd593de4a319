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
    const { platform, home, local } = this.#root
    const pushed = home.store.controlIsPushed === true
    await this.#releasing.get(wish.key)
    // Whoever waited for a slot of this process while its run was lost gives it back.
    if (this.#root.ended) throw this.#root.ended
    let waitMs = 0
    let tidied = platform.now()
    for (let pauseMs = firstPauseMs; !(await this.#ask(wish, waitMs, cancel));) {
      waiting()
      if (pushed) waitMs = longestPollMs
      else {
        await this.#orLeave(wish.key, cancel, new Promise<void>((resolve) => platform.after(pauseMs, resolve)))
        pauseMs = Math.min(pauseMs * 2, longestPauseMs)
        if ((platform.now() - tidied) / 1000 < tidyEveryMs) continue
        tidied = platform.now()
        await local?.tidy()
      }
    }
    this.#held.set(
      wish.key,
      wish.needs.map((need) => need.name),
    )
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

  #ask({ key, needs }: SlotWish, waitMs: number, cancel: CancelScope): Promise<boolean> {
    const { home, id, record } = this.#root
    const request = { rootId: id, epoch: record.epoch, key, needs }
    return this.#orLeave(
      key,
      cancel,
      patiently(this.#root, () => home.store.acquireSlots(request, waitMs)),
    )
  }

  /** Leaves its place in line when cancelled, after the answer that is under way: slots may just have been granted. */
  async #orLeave<T>(key: string, cancel: CancelScope, work: Promise<T>): Promise<T> {
    try {
      return await cancel.race(work)
    } catch (error) {
      if (!this.#root.ended) void work.catch(() => undefined).then(() => this.#giveBack(key))
      throw error
    }
  }
}
