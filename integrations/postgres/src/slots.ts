/** A counting lock: first come, first served. */
export interface Slots {
  /** Waits for a slot; rejects with the signal's reason when that aborts first. Returns what gives the slot back. */
  take(signal?: AbortSignal): Promise<() => void>
}

interface Waiter {
  readonly grant: () => void
}

/**
 * `size` slots. It stands before the pool because the pool counts its connect timeout while it waits for a busy
 * connection: sixty tasks on four connections would fail after ten seconds of honest work.
 */
export function createSlots(size: number): Slots {
  const waiting = new Set<Waiter>()
  let free = size
  const giveBack = (): void => {
    const [next] = waiting
    if (next === undefined) free++
    else {
      waiting.delete(next)
      next.grant()
    }
  }
  const slot = (): (() => void) => {
    let held = true
    return () => {
      if (held) giveBack()
      held = false
    }
  }
  const wait = (signal: AbortSignal | undefined): Promise<() => void> =>
    new Promise((resolve, reject) => {
      const abort = (): void => {
        waiting.delete(waiter)
        reject(signal?.reason)
      }
      const waiter = {
        grant: () => {
          signal?.removeEventListener('abort', abort)
          resolve(slot())
        },
      }
      waiting.add(waiter)
      signal?.addEventListener('abort', abort, { once: true })
    })
  const take = async (signal?: AbortSignal): Promise<() => void> => {
    signal?.throwIfAborted()
    if (free === 0) return await wait(signal)
    free--
    return slot()
  }
  return { take }
}
