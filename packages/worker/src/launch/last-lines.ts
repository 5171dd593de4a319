const most = 50
const longest = 2_000

/** Turns chunks of output into lines, and remembers the last ones. */
export class LastLines {
  #lines: string[] = []
  readonly #open = { stdout: '', stderr: '' }

  /** The lines that `chunk` completes. */
  add(from: 'stdout' | 'stderr', chunk: string): readonly string[] {
    const pieces = (this.#open[from] + chunk).split(/\r?\n/)
    const rest = pieces.pop() ?? ''
    // A line without an end must not grow for ever.
    const whole = rest.length > 64 * 1024 ? [...pieces, rest] : pieces
    this.#open[from] = whole === pieces ? rest : ''
    this.#remember(whole)
    return whole
  }

  /** What was begun and not ended. */
  rest(): readonly (readonly ['stdout' | 'stderr', string])[] {
    const rest = (['stdout', 'stderr'] as const).map((from) => [from, this.#open[from]] as const)
    this.#open.stdout = this.#open.stderr = ''
    const told = rest.filter(([, text]) => text !== '')
    this.#remember(told.map(([, text]) => text))
    return told
  }

  get last(): readonly string[] {
    return this.#lines
  }

  clear(): void {
    this.#lines = []
  }

  #remember(lines: readonly string[]): void {
    this.#lines = [...this.#lines, ...lines.map((line) => line.slice(0, longest))].slice(-most)
  }
}
