import { isSluiceError } from '@sluice/core'
import { afterThisTurn } from '../platform.ts'

interface Request<T, R> {
  readonly items: readonly T[]
  resolve(results: readonly R[]): void
  reject(error: unknown): void
}

/**
 * Commits together what arrives in one turn of the event loop, or while the commit before is under way: one transaction carries
 * dozens of requests at the price of one. A request whose batch is refused is tried alone, so that nobody pays for another's mistake.
 */
export function groupCommit<T, R>(
  commit: (items: readonly T[]) => Promise<readonly R[]>,
  most: number,
): (items: readonly T[]) => Promise<readonly R[]> {
  let waiting: Request<T, R>[] = []
  let busy = false

  const pump = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = takeBatch()
      await commitBatch(batch)
    }
    busy = false
  }
  const takeBatch = (): readonly Request<T, R>[] => {
    let count = 0
    const size = waiting.findIndex((request, index) => (count += request.items.length) > most && index > 0)
    const batch = size < 0 ? waiting : waiting.slice(0, size)
    waiting = size < 0 ? [] : waiting.slice(size)
    return batch
  }
  const commitBatch = async (batch: readonly Request<T, R>[]): Promise<void> => {
    try {
      handOut(batch, await commit(batch.flatMap((request) => request.items)))
    } catch (error) {
      if (batch.length === 1 || !isOnesOwn(error)) for (const request of batch) request.reject(error)
      else for (const request of batch) await commitBatch([request])
    }
  }
  return (items) =>
    new Promise((resolve, reject) => {
      waiting.push({ items, resolve, reject })
      if (busy) return
      busy = true
      afterThisTurn(() => void pump())
    })
}

function handOut<T, R>(batch: readonly Request<T, R>[], results: readonly R[]): void {
  let from = 0
  for (const request of batch) {
    request.resolve(results.slice(from, from + request.items.length))
    from += request.items.length
  }
}

/** A store that is away refuses everybody; anything else is about one of the requests. */
function isOnesOwn(error: unknown): boolean {
  return (
    isSluiceError(error) &&
    !['STORE_UNAVAILABLE', 'STORE_FULL', 'STORE_READ_ONLY', 'STORE_CORRUPT'].includes(error.code)
  )
}
