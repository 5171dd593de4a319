import { nextTurn } from '../platform.ts'

interface Parcel {
  readonly seq: number
  readonly hand: () => void | Promise<void>
}

/**
 * Hands journaled outcomes to their callers: of those waiting, the lowest `journal_seq` first, one per turn of the event loop, so
 * that all reactions to one outcome run before the next is seen. Live and replayed outcomes take the same way: that is why
 * `Promise.race` and every order that follows from it repeat after a crash (durability law 3). A turn costs about 1.4 µs.
 */
export class Delivery {
  readonly #heap: Parcel[] = []
  #busy = false
  #stopped = false

  push(seq: number, hand: () => void | Promise<void>): void {
    if (this.#stopped) return
    this.#add({ seq, hand })
    if (this.#busy) return
    this.#busy = true
    nextTurn(this.#turn)
  }

  /** Nothing is handed out any more: the process no longer owns the run. */
  stop(): void {
    this.#stopped = true
    this.#heap.length = 0
  }

  readonly #turn = (): void => {
    const parcel = this.#take()
    if (!parcel) {
      this.#busy = false
      return
    }
    // A large result is loaded before the next outcome is handed out: the order is the promise, not the speed.
    const loading = parcel.hand()
    if (loading) void loading.finally(() => nextTurn(this.#turn))
    else nextTurn(this.#turn)
  }

  #add(parcel: Parcel): void {
    const heap = this.#heap
    let at = heap.push(parcel) - 1
    while (at > 0) {
      const up = (at - 1) >> 1
      const parent = heap[up] as Parcel
      if (parent.seq <= parcel.seq) break
      heap[at] = parent
      heap[up] = parcel
      at = up
    }
  }

  #take(): Parcel | undefined {
    const heap = this.#heap
    const top = heap[0]
    const last = heap.pop()
    if (!top || !last || heap.length === 0) return top
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && (heap[child + 1] as Parcel).seq < (heap[child] as Parcel).seq) child++
      if ((heap[child] as Parcel).seq >= last.seq) break
      heap[at] = heap[child] as Parcel
      at = child
    }
    heap[at] = last
    return top
  }
}
