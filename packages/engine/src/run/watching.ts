import { limits, SluiceError } from '@sluice/core'
import type { Call } from '../call/call.ts'
import { noteStarted } from '../call/call-execution.ts'
import type { RootRun } from './root-run.ts'

/** Looks after a root run on a timer: keeps the process alive, shows tasks that last, notices cancellation and a new owner. */
export class Watching {
  /** Calls whose body runs, oldest first. */
  readonly running: Set<Call> = new Set()
  readonly #root: RootRun
  readonly #noted = new WeakSet<Call>()
  #stopTimer: (() => void) | undefined

  constructor(root: RootRun) {
    this.#root = root
  }

  start(): void {
    const { platform, settings } = this.#root
    this.#stopTimer = platform.after(settings.pollMs, () => {
      this.start()
      this.#noteLongTasks()
      void this.#readControl()
    })
  }

  stop(): void {
    this.#stopTimer?.()
  }

  /** Something refers to this task: its row must be there, so that a resume gives it the same id. */
  note(call: Call): void {
    if (!this.#root.checkpoints.get(call.key)) this.#note(call)
  }

  #noteLongTasks(): void {
    const before = this.#root.platform.now() - limits.startedAfterMs * 1000
    for (const call of this.running) {
      if ((call.startedAt ?? before) > before) return
      if (call.definition.kind === 'task') this.#note(call)
    }
  }

  #note(call: Call): void {
    if (call.decided || this.#noted.has(call)) return
    this.#noted.add(call)
    noteStarted(call)
  }

  async #readControl(): Promise<void> {
    const { id, home, record } = this.#root
    const control = await home.store.readControl(id).catch(() => undefined)
    if (!control || this.#root.ended) return
    if (control.epoch !== record.epoch)
      this.#root.lose(new SluiceError('RUN_FENCED', { run: id, epoch: control.epoch }))
    else if (control.state.type === 'cancelling') this.#root.cancelAsked()
  }
}
