import type { CatalogStore } from '../catalog/embedded-catalog.ts'

class Crash extends Error {}

/**
 * A store whose process dies before or after the n-th step that changes something in it; from then on nothing works. A place in a line
 * for a table that it leaves behind is given up at once, as if it had expired.
 */
export function dyingStore(
  store: CatalogStore,
  at: number,
  when: 'before' | 'after',
): CatalogStore & { readonly steps: () => number } {
  let steps = 0
  const dying = async <T>(work: () => Promise<T>): Promise<T> => {
    const n = steps++
    if (n > at || (n === at && when === 'before')) throw new Crash()
    const result = await work()
    if (n === at) throw new Crash()
    return result
  }
  const dead: Partial<CatalogStore> & { readonly steps: () => number } = {
    steps: () => steps,
    commitLake: (transaction) => dying(() => store.commitLake(transaction)),
    holdLakeTicket: (hold) => dying(() => store.holdLakeTicket(hold)),
  }
  return new Proxy(store, {
    get(target, name) {
      if (Object.hasOwn(dead, name)) return Reflect.get(dead, name) as unknown
      const value = Reflect.get(target, name) as unknown
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  }) as CatalogStore & { readonly steps: () => number }
}
