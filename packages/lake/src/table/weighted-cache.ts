/** Values that are costly to read and never change. Those used longest ago are forgotten once all of them weigh too much. */
export interface WeightedCache<T> {
  get(key: string, read: () => Promise<T>): Promise<T>
}

interface Kept<T> {
  readonly value: Promise<T>
  /** 0 while it is being read. */
  weight: number
}

/** Two that ask for the same read it once. A failure is not kept. */
export function weightedCache<T>(most: number, weigh: (value: T) => number): WeightedCache<T> {
  const kept = new Map<string, Kept<T>>()
  let total = 0
  const forget = (key: string, entry: Kept<T>): void => {
    if (kept.get(key) !== entry) return
    kept.delete(key)
    total -= entry.weight
  }
  const begin = (key: string, read: () => Promise<T>): Kept<T> => {
    const entry: Kept<T> = { value: read(), weight: 0 }
    entry.value.then(
      (value) => {
        if (kept.get(key) !== entry) return
        entry.weight = weigh(value)
        total += entry.weight
        for (const [oldest, other] of kept) if (total > most && other.weight > 0) forget(oldest, other)
      },
      () => forget(key, entry),
    )
    return entry
  }
  return {
    get(key, read) {
      const entry = kept.get(key) ?? begin(key, read)
      kept.delete(key)
      kept.set(key, entry)
      return entry.value
    },
  }
}
