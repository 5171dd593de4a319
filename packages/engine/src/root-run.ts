import {
  canonicalize,
  isSluiceError,
  isTerminal,
  limits,
  maskSecrets,
  type Micros,
  rootScope,
  SluiceError,
  type State,
  stateOf,
  toStoredError,
} from '@sluice/core'
import type { Artifact, RootRunEntry, RunRecord, StoredValue, TimelineEntry } from '@sluice/store'
import path from 'node:path'
import { type Attemptable, type Outcome, runAttempts } from './attempts.ts'
import type { Call } from './call.ts'
import { noteStarted } from './call-execution.ts'
import { Artifacts } from './artifacts.ts'
import type { CancelScope } from './cancel-scope.ts'
import { CheckpointTable } from './checkpoints.ts'
import type { Definition } from './definition.ts'
import { Delivery } from './delivery.ts'
import { Frame } from './frame.ts'
import { CallFuture, type FutureOwner } from './future.ts'
import { fireHook } from './hooks.ts'
import { Journal } from './journal.ts'
import { LogBuffer } from './log-buffer.ts'
import type { OpenHome } from './home.ts'
import { maskedError } from './masked-error.ts'
import type { Platform } from './platform.ts'
import { contentReference } from './provenance.ts'
import type { FirstAttempt } from './resumed-attempts.ts'
import { step } from './rows.ts'
import { Semaphore } from './semaphore.ts'
import type { EngineSettings } from './settings.ts'
import type { Progress, Reporter, RunNode } from './types.ts'
import type { Values } from './values.ts'

export interface RootRunOptions {
  readonly home: OpenHome
  readonly definition: Definition
  readonly future: CallFuture<unknown>
  readonly reporter: Reporter
  readonly cancel: CancelScope
}

/** A root run in the process that owns it: everything its calls share. */
export class RootRun implements FutureOwner {
  readonly home: OpenHome
  readonly definition: Definition
  readonly future: CallFuture<unknown>
  readonly cancelScope: CancelScope
  readonly checkpoints: CheckpointTable = new CheckpointTable()
  readonly delivery: Delivery = new Delivery()
  /** Calls whose body runs, oldest first. */
  readonly running: Set<Call> = new Set()
  readonly edges: { readonly ids: readonly string[]; readonly more: number } = { ids: [], more: 0 }
  readonly after: readonly string[] = []
  readonly root: this = this
  journal: Journal
  attempt: number
  /** A call of this run has met the limit of nesting. */
  tooDeep = false
  /** Set once nothing may happen in this run any more. */
  ended: SluiceError | undefined
  readonly #reporter: Reporter
  readonly #logs: LogBuffer
  readonly #record: RunRecord
  readonly #resumed: boolean
  readonly #artifacts: Artifacts = new Artifacts(this)
  readonly #lingering = new Set<Promise<unknown>>()
  readonly #semaphores = new Map<Definition, Semaphore>()
  readonly #warned = new Set<string>()
  readonly #timeline: TimelineEntry[]
  readonly #noted = new WeakSet<Call>()
  #stopPolling: (() => void) | undefined
  #onLost: ((error: SluiceError) => void) | undefined

  constructor(options: RootRunOptions, record: RunRecord, resumed: boolean) {
    this.home = options.home
    this.definition = options.definition
    this.future = options.future
    this.cancelScope = options.cancel
    this.attempt = record.attempt
    this.#reporter = options.reporter
    this.#record = record
    this.#resumed = resumed
    this.#timeline = [...record.timeline]
    this.#logs = new LogBuffer(this.home.store, this.platform)
    this.journal = new Journal({
      store: this.home.store,
      platform: this.platform,
      rootId: record.id,
      epoch: record.epoch,
      seq: record.journalSeq,
      timeoutMs: this.settings.journalTimeoutMs,
      onCancelling: () => this.#cancelAsked(),
      onLost: (error) => this.lose(error),
      onOutage: (error) => this.log(40, `no new task starts until the store is back: ${error.message}`, null, this),
    })
  }

  get id(): string {
    return this.#record.id
  }
  get workspace(): string {
    return this.#record.workspace
  }
  get createdBy(): string {
    return this.#record.createdBy
  }
  get startedAt(): Micros {
    return this.#record.startedAt ?? this.#record.createdAt
  }
  get platform(): Platform {
    return this.home.settings.platform
  }
  get settings(): EngineSettings {
    return this.home.settings
  }
  get values(): Values {
    return this.home.values
  }

  // ── life ────────────────────────────────────────────────────────────────────────────────────

  /** Runs the body to its end, or until the run is lost. Resolves to the outcome; rejects when this process may not go on. */
  async execute(parameters: unknown, first: FirstAttempt): Promise<Outcome> {
    const lost = new Promise<never>((_, reject) => {
      this.#onLost = reject
    })
    if (this.ended) throw this.ended
    this.#poll()
    this.#report()
    try {
      const outcome = await Promise.race([runAttempts(this.#attemptable(parameters), first.attempt, (first.notBefore - this.platform.now()) / 1000), lost])
      await Promise.race([this.#settleLingering(), lost])
      await Promise.race([this.#end(outcome), lost])
      return outcome
    } finally {
      this.#stopPolling?.()
      await this.#logs.flush()
      this.#logs.stop()
    }
  }

  cancel(reason: Error): void {
    this.cancelScope.abort(reason)
  }

  /** This process can go on with the run no longer. Nothing of it settles any more but the root's own future. */
  lose(error: SluiceError): void {
    if (this.ended) return
    this.ended = error
    this.journal.stop()
    this.delivery.stop()
    this.#stopPolling?.()
    // A simulated crash (testing) must look like a dead process: not even an abort signal is seen.
    if (error.details['simulated'] !== true) this.cancelScope.abort(error)
    this.#onLost?.(error)
  }

  #attemptable(parameters: unknown): Attemptable {
    const { definition } = this
    return {
      definition,
      platform: this.platform,
      cancel: this.cancelScope,
      graceMs: this.settings.graceMs,
      frameOf: (attempt, cancel) => this.#frame(attempt, cancel, parameters),
      body: () => definition.fn(parameters),
      started: (attempt) => {
        this.#started(attempt)
        fireHook(this, 'onRunning', {})
      },
      retrying: (failure) => this.#retrying(failure),
      finishedAttempt: () => undefined,
    }
  }

  #frame(attempt: number, cancel: CancelScope, parameters: unknown): Frame {
    this.checkpoints.enter(this.id)
    return new Frame({
      root: this,
      parent: undefined,
      definition: this.definition,
      scope: rootScope(this.id),
      runId: this.id,
      taskRunId: undefined,
      attempt,
      cancel,
      parameters,
      note: undefined,
      retriable: this.definition.policy.retries > 0,
    })
  }

  /** The first attempt is recorded with the run, one that follows a wait here. */
  #started(attempt: number): void {
    if (attempt === this.attempt) return
    this.attempt = attempt
    this.#become(stateOf('Retrying', this.platform.now()))
    this.journal.append(() => this.#entry({ attempt }))
    this.#report()
  }

  async #retrying(failure: { attempt: number; error: unknown; at: Micros; unhandled: readonly string[] }): Promise<void> {
    const { message } = toStoredError(failure.error)
    this.#become(stateOf('AwaitingRetry', this.platform.now(), { message, waitingFor: { kind: 'time', until: failure.at } }))
    this.#report(failure.error)
    const dropped = this.checkpoints.drop(failure.unhandled)
    await this.journal.write(
      () => this.#entry({ attempt: failure.attempt }),
      () => ({ kind: 'drop', keys: dropped }),
    )
  }

  async #end(outcome: Outcome): Promise<void> {
    const result = await this.#resultOf(outcome)
    const at = this.platform.now()
    const final = result.ok ? stateOf('Completed', at) : stateOf(result.name, at, { message: result.error.message })
    this.#become(final)
    this.#artifacts.flush()
    await this.journal.write(() =>
      this.#entry({
        attempt: outcome.attempt,
        result: result.ok ? result.value : null,
        error: result.ok ? null : result.error,
        unhandled: outcome.ok ? [] : outcome.unhandled,
        endedAt: at,
        ...(this.checkpoints.nondeterministic && { nondeterministic: true }),
      }),
    )
    this.ended = new SluiceError('ATTEMPT_CLOSED', { task: this.definition.name })
    const hook = result.ok ? 'onCompletion' : result.name === 'Cancelled' ? 'onCancellation' : 'onFailure'
    fireHook(this, hook, outcome.ok ? { value: outcome.value } : { error: outcome.error })
    await this.#settleLingering()
    this.#report(outcome.ok ? undefined : outcome.error)
  }

  async #resultOf(
    outcome: Outcome,
  ): Promise<{ ok: true; value: StoredValue } | { ok: false; error: ReturnType<typeof toStoredError>; name: 'Failed' | 'TimedOut' | 'Cancelled' }> {
    if (!outcome.ok) return { ok: false, error: toStoredError(outcome.error), name: outcome.name }
    const encode = (): StoredValue | Promise<StoredValue> => this.values.encode(outcome.value, this.definition.name)
    return { ok: true, value: await this.keepTrying(encode) }
  }

  #entry(change: Omit<RootRunEntry, 'kind' | 'state' | 'timeline'>): RootRunEntry {
    return { kind: 'root', state: this.future.state, timeline: this.#timeline, ...change }
  }

  #become(state: State): void {
    this.future.state = state
    this.#timeline.push(step(state))
  }

  // ── services for calls ──────────────────────────────────────────────────────────────────────

  /** The text that inputs are hashed as: large results stand as their content hash, secrets as a keyed one. */
  canonical(value: unknown, root?: string): string {
    const { secrets } = this.home
    const options = { reference: contentReference, secretDigest: (secret: string) => secrets.fingerprint(secret) }
    return canonicalize(value, root === undefined ? options : { ...options, root })
  }

  fileOf(definition: Definition): string {
    return definition.file === undefined ? '' : path.relative(this.home.project, definition.file)
  }

  entrypointOf(definition: Definition): string | null {
    return definition.file === undefined ? null : `${this.fileOf(definition)}:${definition.name}`
  }

  semaphoreOf(definition: Definition, size: number): Semaphore {
    let semaphore = this.#semaphores.get(definition)
    if (!semaphore) this.#semaphores.set(definition, (semaphore = new Semaphore(size)))
    return semaphore
  }

  /** A cached result that can be read; anything else is a miss. */
  async cached(key: string): Promise<{ readonly value: unknown; readonly stored: StoredValue } | undefined> {
    try {
      const hit = await this.home.store.getCached(key, this.platform.now())
      return hit && { value: await this.values.decode(hit.result), stored: hit.result }
    } catch (error) {
      this.log(40, `the cache could not be read, so the task runs: ${String(error)}`, null, this)
      return undefined
    }
  }

  /** What an earlier process journaled. When it cannot be read, that is nobody's failure: the run stops here and can be continued. */
  async readJournaled(stored: StoredValue, whose: string): Promise<unknown> {
    try {
      return await this.values.decode(stored)
    } catch (error) {
      this.lose(isSluiceError(error) ? error : new SluiceError('RESULT_MISSING', { task: whose }, { cause: error }))
      return new Promise<never>(() => undefined)
    }
  }

  /** Result storage that refuses (a full disk) never fails a task: tried again until the journal's own patience ends. */
  async keepTrying<T>(store: () => T | Promise<T>): Promise<T> {
    const started = this.platform.now()
    for (;;) {
      try {
        return await store()
      } catch (error) {
        if (isSluiceError(error)) throw error
        const waitedMs = (this.platform.now() - started) / 1000
        if (waitedMs > this.settings.journalTimeoutMs) this.lose(new SluiceError('JOURNAL_TIMEOUT', { run: this.id, problem: String(error) }, { cause: error }))
        if (this.ended) return new Promise<never>(() => undefined)
        await new Promise<void>((resolve) => this.platform.after(500, resolve))
      }
    }
  }

  /** Testing mode: a task that changes what it was given would give another result after a resume. */
  checkInputs(call: Call, args: readonly unknown[], body: () => unknown): unknown {
    const before = this.settings.checkInputs ? this.#textOf(args) : undefined
    if (before === undefined) return body()
    return (async () => {
      const value = await body()
      if (this.#textOf(args) !== before) throw new SluiceError('INPUT_MUTATED', { task: call.definition.name })
      return value
    })()
  }

  /** Undefined for what cannot be hashed. */
  #textOf(args: readonly unknown[]): string | undefined {
    try {
      return this.canonical(args, 'args')
    } catch (error) {
      if (isSluiceError(error, 'INPUT_UNHASHABLE')) return undefined
      throw error
    }
  }

  /** Something that must be over before the run ends: a hook, a shielded clean-up. */
  linger(work: Promise<unknown>): void {
    const settled: Promise<unknown> = work.then(
      () => this.#lingering.delete(settled),
      () => this.#lingering.delete(settled),
    )
    this.#lingering.add(settled)
  }

  async #settleLingering(): Promise<void> {
    while (this.#lingering.size > 0) await Promise.all(this.#lingering)
  }

  // ── telling ─────────────────────────────────────────────────────────────────────────────────

  log(level: number, text: string, fields: Readonly<Record<string, unknown>> | null, source: LogSource): void {
    const at = this.platform.now()
    const message = maskSecrets(text)
    const isTask = source.definition.kind === 'task'
    const line = {
      rootId: this.id,
      runId: isTask && source.frame ? source.frame.facts.runId : source.id,
      taskRunId: isTask ? source.id : null,
      at,
      level,
      message,
      fields: fields && maskedFields(fields),
    }
    this.#logs.add(line)
    this.tell({ kind: 'log', ...line, source: source.definition.name })
  }

  progress(frame: Frame, given: Progress): void {
    const progress = given.label === undefined ? given : { ...given, label: maskSecrets(given.label) }
    const { runId, taskRunId } = frame.facts
    this.#artifacts.progress(frame, progress)
    this.tell({ kind: 'progress', at: this.platform.now(), rootId: this.id, runId, taskRunId: taskRunId ?? null, source: frame.name, progress })
  }

  artifact(frame: Frame, content: Pick<Artifact, 'key' | 'kind' | 'data' | 'description'>): void {
    this.#artifacts.write(frame, content)
  }

  warnOnce(topic: string, message: string, source: LogSource): void {
    if (this.#warned.has(topic)) return
    this.#warned.add(topic)
    this.log(40, message, null, source)
  }

  announce(call: Call, error: unknown): void {
    const { replayed } = call
    const { facts } = call.frame
    const at = this.platform.now()
    const node = {
      id: call.id,
      rootId: this.id,
      state: call.future.state,
      attempt: call.attempt,
      endedAt: isTerminal(call.future.state.type) ? at : null,
      ...(error !== undefined && { error: maskedError(error) }),
    }
    if (call.definition.kind === 'task') {
      const task = { ...node, runId: facts.runId, parentTaskId: facts.taskRunId ?? null, name: call.definition.name, startedAt: call.startedAt, replayed }
      this.tell({ kind: 'task', at, task })
      return
    }
    const run = { ...node, parentId: facts.runId, flow: call.definition.name, name: call.runName ?? call.definition.name, startedAt: call.startedAt ?? at, resumed: replayed, retryable: false }
    this.tell({ kind: 'flow', at, run })
  }

  tell(event: Parameters<Reporter['event']>[0]): void {
    try {
      this.#reporter.event(event)
    } catch {
      // A reporter that breaks must not break the run.
    }
  }

  #report(error?: unknown): void {
    const { state } = this.future
    const at = this.platform.now()
    const run: RunNode = {
      id: this.id,
      rootId: this.id,
      parentId: null,
      flow: this.definition.name,
      name: this.#record.name ?? this.definition.name,
      state,
      attempt: this.attempt,
      startedAt: this.startedAt,
      endedAt: isTerminal(state.type) ? at : null,
      ...(error !== undefined && { error: maskedError(error) }),
      resumed: this.#resumed,
      location: this.home.store.location,
      retryable: this.#record.entrypoint !== null,
    }
    this.tell({ kind: 'flow', at, run })
  }

  // ── watching ────────────────────────────────────────────────────────────────────────────────

  /** Keeps the process alive, shows tasks that last, and notices cancellation and a new owner. */
  #poll(): void {
    this.#stopPolling = this.platform.after(this.settings.pollMs, () => {
      this.#poll()
      this.#noteLongTasks()
      void this.#readControl()
    })
  }

  #noteLongTasks(): void {
    const before = this.platform.now() - limits.startedAfterMs * 1000
    for (const call of this.running) {
      if ((call.startedAt ?? before) > before) return
      if (call.definition.kind === 'task') this.#note(call)
    }
  }

  /** Something refers to this task: its row must be there, so that a resume gives it the same id. */
  note(call: Call): void {
    if (!this.checkpoints.get(call.key)) this.#note(call)
  }

  #note(call: Call): void {
    if (call.decided || this.#noted.has(call)) return
    this.#noted.add(call)
    noteStarted(call)
  }

  async #readControl(): Promise<void> {
    const control = await this.home.store.readControl(this.id).catch(() => undefined)
    if (!control || this.ended) return
    if (control.epoch !== this.#record.epoch) this.lose(new SluiceError('RUN_FENCED', { run: this.id, epoch: control.epoch }))
    else if (control.state.type === 'cancelling') this.#cancelAsked()
  }

  #cancelAsked(): void {
    this.cancel(new SluiceError('RUN_CANCELLED', { run: this.id }))
  }
}

interface LogSource {
  readonly id: string
  readonly definition: Definition
  readonly frame?: { readonly facts: { readonly runId: string } }
}

function maskedFields(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(maskSecrets(JSON.stringify(fields, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)))) as Record<string, unknown>
  } catch {
    return { unreadable: 'these fields cannot be written as JSON' }
  }
}

