import type { LogEntry } from '@sluice/store'
import type { Platform } from '../platform.ts'
import type { RunStore } from '../run-store.ts'

const flushAfterMs = 200
const flushAt = 500
/** Beyond this the oldest lines go: a store that stays away must not fill the memory. */
const capacity = 50_000

/** Collects log lines and writes them in batches. Lines are not fenced and never hold a run up. */
export class LogBuffer {
  readonly #store: Pick<RunStore, 'appendLogs'>
  readonly #platform: Platform
  #lines: LogEntry[] = []
  #dropped = 0
  #timer: (() => void) | undefined
  #writing: Promise<void> | undefined
  #stopped = false

  constructor(store: Pick<RunStore, 'appendLogs'>, platform: Platform) {
    this.#store = store
    this.#platform = platform
  }

  add(line: LogEntry): void {
    if (this.#stopped) return
    if (this.#lines.length >= capacity) {
      this.#lines.shift()
      this.#dropped++
    }
    this.#lines.push(line)
    if (this.#writing) return
    if (this.#lines.length >= flushAt) void this.flush()
    else this.#timer ??= this.#platform.after(flushAfterMs, () => void this.flush(), true)
  }

  /** Writes what is there. Never rejects: lines that the store refuses stay for the next time. */
  async flush(): Promise<void> {
    this.#timer?.()
    this.#timer = undefined
    await this.#writing
    if (this.#lines.length === 0 || this.#stopped) return
    const lines = this.#takeLines()
    this.#writing = this.#store
      .appendLogs(lines)
      .catch(() => {
        this.#lines = [...lines, ...this.#lines]
      })
      .finally(() => {
        this.#writing = undefined
      })
    await this.#writing
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.()
  }

  #takeLines(): LogEntry[] {
    const lines = this.#lines
    this.#lines = []
    const last = lines.at(-1)
    if (this.#dropped > 0 && last) {
      lines.push({
        ...last,
        level: 40,
        message: `${this.#dropped} log lines were dropped while the store could not be written`,
        fields: null,
      })
      this.#dropped = 0
    }
    return lines
  }
}
