import type { Assignment } from '@sluice/api'
import { maskSecrets } from '@sluice/core'
import { shortId } from '@sluice/engine/report'
import type { LogEntry } from '@sluice/store'
import type { OutputLine } from './launch/launcher.ts'
import type { WorkerPlatform } from './platform.ts'
import type { ServerLink } from './server-link.ts'
import type { WorkerLog } from './worker-log.ts'

const flushAfterMs = 200
const flushAt = 500
/** Beyond this, lines are counted and not kept: a run that prints without end must not fill the worker's memory. */
const capacity = 10_000
const longestLine = 10_000

/** What a run's process prints: into the worker's log, and into the run's own unless the engine has put it there. */
export class RunOutput {
  readonly #assignment: Assignment
  readonly #around: { readonly link: ServerLink; readonly platform: WorkerPlatform; readonly log: WorkerLog }
  readonly #prefix: string
  #lines: LogEntry[] = []
  #dropped = 0
  #timer: (() => void) | undefined
  #writing: Promise<void> | undefined

  constructor(
    assignment: Assignment,
    around: { readonly link: ServerLink; readonly platform: WorkerPlatform; readonly log: WorkerLog },
  ) {
    this.#assignment = assignment
    this.#around = around
    this.#prefix = `${shortId(assignment.run.id)} ${assignment.run.flow} | `
  }

  add({ from, level, text }: OutputLine): void {
    const message = maskSecrets(text.length > longestLine ? `${text.slice(0, longestLine)}…` : text)
    this.#around.log(level >= 50 ? 'error' : level >= 40 ? 'warn' : 'info', this.#prefix + message)
    if (from !== 'told') this.#keep(level, message)
  }

  /** Writes what is left. Never rejects. */
  async close(): Promise<void> {
    while (this.#lines.length > 0 || this.#writing) await this.#flush()
  }

  #keep(level: number, message: string): void {
    if (this.#lines.length >= capacity) {
      this.#dropped++
      return
    }
    const { id } = this.#assignment.run
    const at = this.#around.platform.now()
    this.#lines.push({ rootId: id, runId: id, taskRunId: null, at, level, message, fields: null })
    if (this.#lines.length >= flushAt) void this.#flush()
    else this.#timer ??= this.#around.platform.after(flushAfterMs, () => void this.#flush(), true)
  }

  async #flush(): Promise<void> {
    this.#timer?.()
    this.#timer = undefined
    if (this.#writing) return this.#writing
    const lines = this.#lines
    this.#lines = []
    const last = lines.at(-1)
    if (!last) return
    if (this.#dropped > 0) lines.push({ ...last, level: 40, message: `${this.#dropped} lines of output were dropped` })
    this.#dropped = 0
    // Output is told on the way, never a reason to hold a run up: what the server does not take now is in the worker's log.
    this.#writing = this.#around.link
      .appendLogs(this.#assignment, lines)
      .catch(() => undefined)
      .finally(() => (this.#writing = undefined))
    await this.#writing
  }
}
