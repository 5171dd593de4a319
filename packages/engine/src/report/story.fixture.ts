import { isTerminal, type Micros, stateOf, type StateDetails, type StateName } from '@sluice/core'
import type { RunEvent, RunNode, TaskNode } from '../types.ts'
import type { ReportClock } from './report-stream.ts'

type LogEvent = Extract<RunEvent, { kind: 'log' }>
type More<Node> = StateDetails & Partial<Node>

/** Makes the events of one root run, at the clock's time. */
export class Story {
  readonly rootId: string
  readonly #clock: ReportClock
  readonly #started: Map<string, Micros> = new Map()

  constructor(clock: ReportClock, rootId = '0199a1b2-c3d4-7abc-8def-0123456789ab') {
    this.#clock = clock
    this.rootId = rootId
  }

  /** The root run, or with an `id` a child run of it. */
  flow(state: StateName, { message, waitingFor, ...more }: More<RunNode> = {}): RunEvent {
    const { rootId } = this
    const id = more.id ?? rootId
    const parentId = id === rootId ? null : rootId
    const named = { flow: 'ingest', name: more.flow ?? 'ingest', attempt: 1, resumed: false, retryable: true }
    const run = { id, rootId, parentId, ...named, ...this.#stateFields(id, state, { message, waitingFor }), ...more }
    return { kind: 'flow', at: this.#clock.now(), run }
  }

  task(id: string, name: string, state: StateName, { message, waitingFor, ...more }: More<TaskNode> = {}): RunEvent {
    const { rootId } = this
    const called = { runId: rootId, parentTaskId: null, name, attempt: 1, replayed: false }
    const task = { id, rootId, ...called, ...this.#stateFields(id, state, { message, waitingFor }), ...more }
    return { kind: 'task', at: this.#clock.now(), task }
  }

  log(message: string, more: Partial<LogEvent> = {}): RunEvent {
    const from = { rootId: this.rootId, runId: this.rootId, taskRunId: null, source: 'ingest' }
    return { kind: 'log', at: this.#clock.now(), level: 30, message, fields: null, ...from, ...more }
  }

  progress(taskRunId: string | null, source: string, done: number, total?: number): RunEvent {
    const from = { rootId: this.rootId, runId: this.rootId, taskRunId, source }
    const progress = total === undefined ? { done } : { done, total }
    return { kind: 'progress', at: this.#clock.now(), ...from, progress }
  }

  #stateFields(
    id: string,
    name: StateName,
    { message, waitingFor }: { [K in keyof StateDetails]: StateDetails[K] | undefined },
  ): Pick<RunNode, 'state' | 'startedAt' | 'endedAt'> {
    const at = this.#clock.now()
    const startedAt = this.#started.get(id) ?? at
    this.#started.set(id, startedAt)
    const details = {
      ...(message === undefined ? {} : { message }),
      ...(waitingFor === undefined ? {} : { waitingFor }),
    }
    const state = stateOf(name, at, details)
    return { state, startedAt, endedAt: isTerminal(state.type) ? at : null }
  }
}
