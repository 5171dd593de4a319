import { isTerminal } from '@sluice/core'
import type { TaskNode } from '../types.ts'

/** What a root run's summary counts. Retries are attempts beyond the first; replayed outcomes keep theirs. */
export class RunTally {
  tasks = 0
  completed = 0
  cached = 0
  replayed = 0
  failed = 0
  cancelled = 0
  retries = 0

  /** Counts a task run at its end; other states count nothing. */
  add(task: TaskNode): void {
    if (!isTerminal(task.state.type)) return
    this.tasks++
    if (task.replayed) this.replayed++
    else this.retries += Math.max(0, task.attempt - 1)
    if (task.state.type === 'completed') this.completed++
    else if (task.state.type === 'cancelled') this.cancelled++
    else this.failed++
    if (task.state.name === 'Cached') this.cached++
  }
}
