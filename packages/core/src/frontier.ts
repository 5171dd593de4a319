import { limits } from './limits.ts'

/**
 * The calls that a scope has observed and that no other observed call was already after: what the next call comes after.
 * A full history would grow with the square of the calls; the frontier of a chain is one id however long it is.
 */
export class Frontier {
  readonly #cap: number
  readonly #ids = new Set<string>()
  #current: readonly string[] | undefined

  /** @param cap How many ids are kept, the newest ones. */
  constructor(cap: number = limits.frontier) {
    this.#cap = cap
  }

  /** A call was observed that itself came `after` others: it stands for them from now on. */
  observe(id: string, after: readonly string[]): void {
    for (const earlier of after) this.#ids.delete(earlier)
    // Deleted first, so that an id observed again counts as new.
    this.#ids.delete(id)
    this.#ids.add(id)
    for (const oldest of this.#ids) {
      if (this.#ids.size <= this.#cap) break
      this.#ids.delete(oldest)
    }
    this.#current = undefined
  }

  /** Oldest first. The same frozen array until the next {@link observe}, so that thousands of calls can share it. */
  current(): readonly string[] {
    return (this.#current ??= Object.freeze([...this.#ids]))
  }
}
