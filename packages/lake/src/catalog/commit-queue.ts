/** Commits that wait for their tables. */
export interface Queued<T> {
  readonly tables: readonly string[]
  readonly work: T
}

/** So many commits are made at once at most: a metadata file of all of them is written again when one is refused. */
const mostTogether = 64

/**
 * Lets commits of one table wait for each other and takes those that have waited together. Commits keep their order; those
 * that share no table do not wait.
 *
 * `make` gets one group at a time of each table, in the order in which they came.
 */
export class CommitQueue<T> {
  readonly #make: (group: readonly T[]) => Promise<void>
  readonly #busy = new Set<string>()
  #waiting: Queued<T>[] = []

  constructor(make: (group: readonly T[]) => Promise<void>) {
    this.#make = make
  }

  add(entry: Queued<T>): void {
    this.#waiting.push(entry)
    this.#pump()
  }

  #pump(): void {
    for (let taken = this.#take(); taken !== undefined; taken = this.#take()) this.#begin(taken)
  }

  /** The first that need not wait, and the later ones of its tables. */
  #take(): readonly Queued<T>[] | undefined {
    const blocked = new Set(this.#busy)
    const group: Queued<T>[] = []
    const tables = new Set<string>()
    const left: Queued<T>[] = []
    for (const entry of this.#waiting) {
      const free = entry.tables.every((table) => !blocked.has(table))
      const joins = group.length === 0 || entry.tables.some((table) => tables.has(table))
      if (free && joins && group.length < mostTogether) {
        group.push(entry)
        for (const table of entry.tables) tables.add(table)
        continue
      }
      left.push(entry)
      // Whoever comes later and shares a table must not overtake.
      for (const table of entry.tables) blocked.add(table)
    }
    this.#waiting = left
    return group.length === 0 ? undefined : group
  }

  #begin(group: readonly Queued<T>[]): void {
    const tables = new Set(group.flatMap((entry) => entry.tables))
    for (const table of tables) this.#busy.add(table)
    void this.#make(group.map(({ work }) => work)).finally(() => {
      for (const table of tables) this.#busy.delete(table)
      this.#pump()
    })
  }
}
