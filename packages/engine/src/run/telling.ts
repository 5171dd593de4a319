import { clip, isTerminal, maskSecrets } from '@sluice/core'
import type { Artifact } from '@sluice/store'
import { Artifacts } from './artifacts.ts'
import type { Call } from '../call/call.ts'
import type { Definition } from '../authoring/definition.ts'
import type { Frame } from '../scope/frame.ts'
import { LogBuffer } from './log-buffer.ts'
import { maskedError } from './masked-error.ts'
import { type PlainData, plainData } from './plain-data.ts'
import type { RootRun } from './root-run.ts'
import type { Progress, Reporter, RunEvent, RunNode } from '../types.ts'

/** Characters of a log line, and of its fields as JSON. */
const longestMessage = 200_000
const largestFields = 200_000

/** Who speaks: a root run, a call, or the code of a scope. */
export interface LogSource {
  readonly id: string
  readonly definition: Definition
  readonly frame?: { readonly facts: { readonly runId: string } }
}

/** What a root run says about itself: to its logs and artifacts in the store, and to the reporter. Secrets are masked here. */
export class Telling {
  readonly #root: RootRun
  readonly #reporter: Reporter
  readonly #logs: LogBuffer
  readonly #artifacts: Artifacts
  readonly #warned = new Set<string>()

  constructor(root: RootRun, reporter: Reporter) {
    this.#root = root
    this.#reporter = reporter
    this.#logs = new LogBuffer(root.home.store, root.platform)
    this.#artifacts = new Artifacts(root)
  }

  log(level: number, text: string, fields: Readonly<Record<string, unknown>> | null, source: LogSource): void {
    const isTask = source.definition.kind === 'task'
    const line = {
      rootId: this.#root.id,
      runId: isTask && source.frame ? source.frame.facts.runId : source.id,
      taskRunId: isTask ? source.id : null,
      at: this.#root.platform.now(),
      level,
      message: clip(maskSecrets(text), longestMessage),
      fields: fields && maskedFields(fields),
    }
    this.#logs.add(line)
    this.#tell({ kind: 'log', ...line, source: source.definition.name })
  }

  warnOnce(topic: string, message: string, source: LogSource): void {
    if (this.#warned.has(topic)) return
    this.#warned.add(topic)
    this.log(40, message, null, source)
  }

  progress(frame: Frame, given: Progress): void {
    const progress = given.label === undefined ? given : { ...given, label: maskSecrets(given.label) }
    const { runId, taskRunId } = frame.facts
    this.#artifacts.progress(frame, progress)
    const at = this.#root.platform.now()
    this.#tell({
      kind: 'progress',
      at,
      rootId: this.#root.id,
      runId,
      taskRunId: taskRunId ?? null,
      source: frame.name,
      progress,
    })
  }

  artifact(frame: Frame, content: Pick<Artifact, 'key' | 'kind' | 'data' | 'description'>): void {
    this.#artifacts.write(frame, content)
  }

  /** A call has a new state. */
  call(call: Call, error: unknown): void {
    const { definition, startedAt } = call
    const { runId, taskRunId } = call.frame.facts
    const at = this.#root.platform.now()
    const node = {
      id: call.id,
      rootId: this.#root.id,
      state: call.future.state,
      attempt: call.attempt,
      endedAt: isTerminal(call.future.state.type) ? at : null,
      ...(error !== undefined && { error: maskedError(error) }),
    }
    if (definition.kind === 'task') {
      const task = {
        ...node,
        runId,
        parentTaskId: taskRunId ?? null,
        name: definition.name,
        startedAt,
        replayed: call.replayed,
      }
      this.#tell({ kind: 'task', at, task })
      return
    }
    const names = { parentId: runId, flow: definition.name, name: call.runName ?? definition.name }
    this.#tell({
      kind: 'flow',
      at,
      run: { ...node, ...names, startedAt: startedAt ?? at, resumed: call.replayed, retryable: false },
    })
  }

  /** The root run itself has a new state. */
  root(error?: unknown): void {
    const { id, definition, record, resumed, attempt, startedAt, home, future } = this.#root
    const { state } = future
    const at = this.#root.platform.now()
    const run: RunNode = {
      id,
      rootId: id,
      parentId: null,
      flow: definition.name,
      name: record.name ?? definition.name,
      state,
      attempt,
      startedAt,
      endedAt: isTerminal(state.type) ? at : null,
      ...(error !== undefined && { error: maskedError(error) }),
      resumed,
      location: home.store.location,
      retryable: record.entrypoint !== null,
    }
    this.#tell({ kind: 'flow', at, run })
  }

  /** Journals the last progress reports: nothing of the run may follow its end. */
  flushArtifacts(): void {
    this.#artifacts.flush()
  }

  /** What was logged so far is in the store, unless that refuses. */
  flushLogs(): Promise<void> {
    return this.#logs.flush()
  }

  async close(): Promise<void> {
    await this.flushLogs()
    this.#logs.stop()
  }

  #tell(event: RunEvent): void {
    try {
      this.#reporter.event(event)
    } catch {
      // A reporter that breaks must not break the run.
    }
  }
}

function maskedFields(fields: PlainData): PlainData {
  try {
    return plainData(fields, largestFields)
  } catch (error) {
    return { unreadable: `these fields cannot be kept: ${error instanceof Error ? error.message : 'they throw'}` }
  }
}
