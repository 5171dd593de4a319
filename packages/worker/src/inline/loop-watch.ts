import type { HeldRun } from '../heartbeats.ts'
import type { WorkerPlatform } from '../platform.ts'

export interface LoopWatchOptions {
  readonly platform: WorkerPlatform
  /** A run that passes its time limit while the loop is blocked ends the process: nothing else could stop it. */
  readonly strict: boolean
  readonly held: () => readonly HeldRun[]
  /** Asks the watched loop for a sign of life. */
  readonly ping: () => void
  readonly warn: (message: string) => void
  readonly timedOut: (run: HeldRun) => Promise<unknown>
  readonly end: () => void
}

const lookMs = 500
/** A loop that has not turned for so long does not do what a server of flows must. */
const blockedMs = 5_000

/**
 * Watches another thread's event loop and the time limits of its runs. The loop enforces a limit by itself while it turns; a second later
 * this one does.
 */
export class LoopWatch {
  readonly #options: LoopWatchOptions
  readonly #timedOut = new Set<string>()
  #aliveAt: number
  #warned = false

  constructor(options: LoopWatchOptions) {
    this.#options = options
    this.#aliveAt = options.platform.monotonic()
    this.#later()
  }

  alive(): void {
    this.#aliveAt = this.#options.platform.monotonic()
  }

  #later(): void {
    this.#options.platform.after(lookMs, () => {
      this.#look(this.#options.platform.monotonic())
      this.#later()
    })
  }

  #look(now: number): void {
    const { ping, warn, held } = this.#options
    ping()
    const blockedFor = now - this.#aliveAt
    if (blockedFor > blockedMs && !this.#warned) {
      this.#warned = true
      const flows = [...new Set(held().map((run) => run.flow))].join(', ')
      warn(
        `the event loop has been blocked for ${Math.round(blockedFor / 1000)} s, probably by one of: ${flows}. ` +
          'Its lease is kept; use a worker that starts a process for each run.',
      )
    }
    for (const run of held())
      if (run.timeUpAt !== undefined && now > run.timeUpAt + 1_000) void this.#enforce(run, blockedFor > blockedMs / 2)
  }

  async #enforce(run: HeldRun, blocked: boolean): Promise<void> {
    const key = `${run.id} ${run.epoch}`
    if (this.#timedOut.has(key)) return
    this.#timedOut.add(key)
    await this.#options.timedOut(run).catch(() => undefined)
    if (blocked && this.#options.strict) this.#options.end()
  }
}
