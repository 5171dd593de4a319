import { SluiceError } from '@sluice/core'
import type { CancelScope } from '../scope/cancel-scope.ts'

interface Waiter {
  readonly slots: number
  readonly go: () => void
}

/** Slots, handed out first come, first served. */
export class Semaphore {
  readonly size: number
  #taken = 0
  readonly #queue = new Set<Waiter>()

  constructor(size: number) {
    this.size = size
  }

  /** True when it could be had at once. */
  tryAcquire(slots = 1): boolean {
    if (this.#queue.size > 0 || this.#taken + slots > this.size) return false
    this.#taken += slots
    return true
  }

  /** Waits for its turn; rejects with the scope's reason when that is cancelled first. */
  acquire(slots: number, cancel: CancelScope): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter = {
        slots,
        go: () => {
          stop()
          resolve()
        },
      }
      const stop = cancel.onAbort((reason) => {
        this.#queue.delete(waiter)
        reject(reason)
        this.#wake()
      })
      if (cancel.reason) return
      this.#queue.add(waiter)
      this.#wake()
    })
  }

  release(slots = 1): void {
    this.#taken -= slots
    this.#wake()
  }

  #wake(): void {
    for (const waiter of this.#queue) {
      if (this.#taken + waiter.slots > this.size) return
      this.#queue.delete(waiter)
      this.#taken += waiter.slots
      waiter.go()
    }
  }
}

const named = new Map<string, Semaphore>()

/** The limit of this name in this process. Throws `LIMIT_CONFLICT` when it is used with two sizes. */
export function namedSemaphore(name: string, size: number, slots: number): Semaphore {
  if (!Number.isInteger(size) || size < 1)
    throw new SluiceError('OPTION_INVALID', {
      option: 'limit size',
      problem: `${size} is not a whole number of at least 1`,
    })
  if (!Number.isInteger(slots) || slots < 1 || slots > size)
    throw new SluiceError('OPTION_INVALID', {
      option: 'limit slots',
      problem: `${slots} is not between 1 and the size ${size}`,
    })
  const known = named.get(name)
  if (known && known.size !== size)
    throw new SluiceError('LIMIT_CONFLICT', { limit: name, problem: `${known.size} and ${size}` })
  if (known) return known
  const fresh = new Semaphore(size)
  named.set(name, fresh)
  return fresh
}
