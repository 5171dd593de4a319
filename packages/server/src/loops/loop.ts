import { isSluiceError } from '@sluice/core'
import { errorFields, type Log } from '../log.ts'
import type { Clock } from '../platform.ts'

/** One piece of work that is done over and over, never twice at once. */
export interface Loop {
  /** Does the next turn now; while one is under way, another right after it. A loop that is failing keeps its delay. */
  wake(): void
  /** No turn begins any more; resolves when the one under way has ended. */
  stop(): Promise<void>
}

export interface LoopOptions {
  readonly name: string
  readonly everyMs: number
  /** What it does. A number: the next turn comes after so many ms, in place of `everyMs`. */
  turn(): Promise<number | void>
  readonly clock: Clock
  readonly log: Log
  /** Told of turns that failed and of turns that came late, so that others can doubt what they know of time. */
  readonly onDisturbed?: () => void
  /** A turn that begins so much later than planned is told as late. */
  readonly lateAfterMs?: number
}

const longestBackoffMs = 10_000
/** Replicas that started together must not stay in step. */
const jitter = 0.1

/**
 * Starts a loop; its first turn comes at once. A turn that fails is told and tried again, later each time: no error ends a loop,
 * because nobody would start it again.
 */
export function startLoop(options: LoopOptions): Loop {
  const loop = new RunningLoop(options)
  loop.plan(0)
  return loop
}

class RunningLoop implements Loop {
  readonly #options: LoopOptions
  #cancelTimer: (() => void) | undefined
  #dueAt = 0
  #underWay: Promise<void> | undefined
  #again = false
  #stopped = false
  #failures = 0

  constructor(options: LoopOptions) {
    this.#options = options
  }

  plan(ms: number): void {
    if (this.#stopped) return
    const { clock } = this.#options
    this.#cancelTimer?.()
    this.#dueAt = clock.monotonic() + ms
    this.#cancelTimer = clock.after(ms, () => this.#begin())
  }

  wake(): void {
    if (this.#underWay) this.#again = true
    else if (this.#failures === 0) this.plan(0)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancelTimer?.()
    await this.#underWay
  }

  #begin(): void {
    if (this.#stopped) return
    this.#again = false
    this.#underWay = this.#turn().then((ms) => {
      this.#underWay = undefined
      this.plan(this.#again && this.#failures === 0 ? 0 : ms)
    })
  }

  async #turn(): Promise<number> {
    const { clock, log, name, everyMs, lateAfterMs, onDisturbed } = this.#options
    if (lateAfterMs !== undefined && clock.monotonic() - this.#dueAt > lateAfterMs) onDisturbed?.()
    try {
      const next = await this.#options.turn()
      if (this.#failures > 0) log.info(`${name} goes on`, { failures: this.#failures })
      this.#failures = 0
      return typeof next === 'number' ? Math.max(0, next) : everyMs * (1 + jitter * (clock.random() - 0.5))
    } catch (error) {
      this.#failures++
      onDisturbed?.()
      this.#tell(error)
      return backoffMs(everyMs, this.#failures, clock.random())
    }
  }

  /** A store that is away is told once by each loop, and then now and again. */
  #tell(error: unknown): void {
    const { log, name } = this.#options
    const fields = { ...errorFields(error), failures: this.#failures }
    if (!isSluiceError(error)) log.error(`${name} failed`, fields)
    else if (this.#failures === 1 || this.#failures % 20 === 0) log.warn(`${name} failed and tries again`, fields)
  }
}

function backoffMs(everyMs: number, failures: number, random: number): number {
  const grown = Math.min(everyMs * 2 ** Math.min(failures - 1, 10), Math.max(longestBackoffMs, everyMs))
  return grown * (0.75 + random / 2)
}
