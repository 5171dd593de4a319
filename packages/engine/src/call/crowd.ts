/** So many may leave before the others get a new set. */
const renewal = 32

/**
 * A set whose members come and go all the time, as the calls of a map do. V8 gives such a set a new table every few members and leaves in
 * the old one a link to the new: once one of them is old, dead ones keep each other, and with them every call that was ever in it, until
 * the next full collection (1 kB a call, half of the memory of a map over 100 000 items). A set that is made anew has no such link.
 */
export class Crowd<T> {
  #members: Set<T>
  #left = 0
  #visits = 0

  constructor(members: readonly T[] = []) {
    this.#members = new Set(members)
  }

  get size(): number {
    return this.#members.size
  }

  add(member: T): void {
    this.#members.add(member)
  }

  delete(member: T): void {
    if (this.#members.delete(member) && ++this.#left >= renewal && this.#visits === 0) this.#renew()
  }

  [Symbol.iterator](): Iterator<T> {
    return [...this.#members].values()
  }

  /** In the order in which they came; what a visit takes out is not visited any more. */
  forEach(visit: (member: T) => void): void {
    this.#visits++
    try {
      this.#members.forEach(visit)
    } finally {
      this.#visits--
    }
  }

  #renew(): void {
    this.#members = new Set(this.#members)
    this.#left = 0
  }
}
