import { isSluiceError } from '@sluice/core'
import type { LogEntry } from '@sluice/store'
import type { Platform } from '../platform.ts'
import type { RunStore } from '../run-store.ts'

const flushAfterMs = 200
const flushAt = 500
/** One write: a server takes no more lines at once, and no more characters (each up to six bytes as JSON). */
const mostLines = 5_000
const mostText = 2_000_000
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
    this.#lines.push(line)
    // A tenth at once: taking the first of so many away costs more than everything else about a line.
    if (this.#lines.length > capacity) this.#dropped += this.#lines.splice(0, capacity / 10).length
    if (this.#writing) return
    if (this.#lines.length >= flushAt) void this.flush()
    else this.#timer ??= this.#platform.after(flushAfterMs, () => void this.flush(), true)
  }

  /** Writes what is there. Never rejects: lines that the store cannot take now stay for the next time. */
  async flush(): Promise<void> {
    this.#timer?.()
    this.#timer = undefined
    await this.#writing
    if (this.#lines.length === 0 || this.#stopped) return
    this.#writing = this.#writeAll().finally(() => (this.#writing = undefined))
    await this.#writing
  }

  async #writeAll(): Promise<void> {
    const lines = this.#takeLines()
    while (lines.length > 0) {
      const some = lines.slice(0, countFor(lines))
      try {
        await this.#store.appendLogs(some)
      } catch (error) {
        if (!isRefusal(error)) {
          this.#lines = [...lines, ...this.#lines]
          return
        }
        // What is refused for good would be refused for ever, and everything behind it would wait.
        this.#dropped += some.length
      }
      lines.splice(0, some.length)
    }
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
        message: `${this.#dropped} log lines were dropped: the store did not keep up, or refused them`,
        fields: null,
      })
      this.#dropped = 0
    }
    return lines
  }
}

/** How many of the lines fit into one write; at least one. */
function countFor(lines: readonly LogEntry[]): number {
  let size = 0
  const end = lines.findIndex(({ message, fields }, i) => {
    size += message.length + (fields === null ? 0 : JSON.stringify(fields).length)
    return i === mostLines || (i > 0 && size > mostText)
  })
  return end < 0 ? lines.length : end
}

function isRefusal(error: unknown): boolean {
  return isSluiceError(error) && error.code !== 'STORE_UNAVAILABLE' && error.code !== 'STORE_FULL'
}
