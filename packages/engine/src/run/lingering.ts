/** What must be over before a run ends or its process is given up: hooks, shielded clean-ups. */
export class Lingering {
  readonly #works = new Set<Promise<unknown>>()

  get isEmpty(): boolean {
    return this.#works.size === 0
  }

  add(work: Promise<unknown>): void {
    const settled: Promise<unknown> = work.then(
      () => this.#works.delete(settled),
      () => this.#works.delete(settled),
    )
    this.#works.add(settled)
  }

  /** Resolves when nothing is left, what came meanwhile included. */
  async settle(): Promise<void> {
    while (this.#works.size > 0) await Promise.all(this.#works)
  }
}
