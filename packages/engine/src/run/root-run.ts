import { canonicalize, type Micros, rootScope, SluiceError, stateOf, toStoredError } from '@sluice/core'
import type { RootRunEntry, RunRecord, StoredValue } from '@sluice/store'
import path from 'node:path'
import { failedOutcome, type Outcome, runAttempts } from '../call/attempts.ts'
import type { CancelScope } from '../scope/cancel-scope.ts'
import { CheckpointTable } from '../journal/checkpoints.ts'
import type { Definition } from '../authoring/definition.ts'
import { Delivery } from '../journal/delivery.ts'
import type { CallFuture, FutureOwner } from '../call/future.ts'
import { fireHook, type HookName } from '../call/hooks.ts'
import { Journal } from '../journal/journal.ts'
import type { RunHome } from '../home/run-home.ts'
import { Idleness } from './idleness.ts'
import { keepTrying } from './patience.ts'
import { Lingering } from './lingering.ts'
import { rootAttempts } from './root-attempts.ts'
import { RootState } from './root-state.ts'
import type { Platform } from '../platform.ts'
import { contentReference } from '../call/provenance.ts'
import type { FirstAttempt } from '../call/resumed-attempts.ts'
import type { StartedRuns } from '../run-store.ts'
import { Semaphore } from '../call/semaphore.ts'
import { SharedSlots } from '../call/shared-slots.ts'
import type { EngineSettings } from '../home/settings.ts'
import { Suspension } from './suspension.ts'
import { Telling } from './telling.ts'
import { TimeLimits } from './time-limits.ts'
import type { Reporter } from '../types.ts'
import type { Values } from '../home/values.ts'
import { forgottenWaits } from '../wait/forgotten-waits.ts'
import { OpenWaits } from '../wait/open-waits.ts'
import { RetryWaits } from '../wait/retry-waits.ts'
import { Watching } from './watching.ts'

export interface RootRunOptions {
  readonly home: RunHome
  readonly definition: Definition
  readonly future: CallFuture<unknown>
  readonly reporter: Reporter
  readonly cancel: CancelScope
  /** A run that only waits may give up this process: nothing else is in it. Default false. */
  readonly maySuspend?: boolean
  /** What a script does for its runs that a server does for others. */
  readonly local?: LocalDuties
}

export interface LocalDuties {
  readonly starts: StartedRuns
  /** Answers waits for events that have come and for runs that have ended. Never rejects. */
  settleWaits(): Promise<void>
  /** Frees what dead processes hold. Never rejects. */
  tidy(): Promise<void>
}

/** How a run begins, or goes on, in this process. */
export interface Beginning {
  readonly parameters: unknown
  readonly first: FirstAttempt
  /** What is journaled first: the state of a run that another process made or claimed. */
  readonly opening?: Opening
  /** It ends before its body starts. */
  readonly refused?: { readonly error: unknown }
}

export interface Opening extends Omit<RootRunEntry, 'kind' | 'timeline'> {}

/** A root run in the process that owns it: everything its calls share. */
export class RootRun implements FutureOwner {
  readonly home: RunHome
  readonly definition: Definition
  readonly future: CallFuture<unknown>
  readonly cancelScope: CancelScope
  readonly checkpoints: CheckpointTable = new CheckpointTable()
  readonly delivery: Delivery = new Delivery()
  readonly edges: { readonly ids: readonly string[]; readonly more: number } = { ids: [], more: 0 }
  readonly after: readonly string[] = []
  readonly root: this = this
  journal: Journal
  attempt: number
  /** Gives back what this run holds of things that other runs of the process wait for. */
  readonly shared: Set<() => void> = new Set()
  /** A call of this run has met the limit of nesting. */
  tooDeep = false
  /** Set once nothing may happen in this run any more. */
  ended: SluiceError | undefined
  /** As it was when this process took it. */
  readonly record: RunRecord
  /** It goes on with an earlier process's work. */
  readonly resumed: boolean
  readonly telling: Telling
  readonly watching: Watching
  readonly waits: OpenWaits = new OpenWaits({
    look: () => this.watching.look(),
    changed: () => this.idleness.changed(),
  })
  readonly retryWaits: RetryWaits = new RetryWaits(this)
  readonly slots: SharedSlots = new SharedSlots(this)
  readonly idleness: Idleness
  readonly suspension: Suspension = new Suspension(this)
  readonly state: RootState
  readonly timeLimits: TimeLimits
  readonly lingering: Lingering = new Lingering()
  readonly local: LocalDuties | undefined
  readonly #semaphores = new Map<Definition, Semaphore>()
  readonly #hashing = {
    reference: contentReference,
    secretDigest: (secret: string) => this.home.secrets.fingerprint(secret),
  }
  #onLost: ((reason: Error) => void) | undefined

  constructor(options: RootRunOptions, record: RunRecord, resumed: boolean) {
    this.home = options.home
    this.definition = options.definition
    this.future = options.future
    this.cancelScope = options.cancel
    this.attempt = record.attempt
    this.record = record
    this.resumed = resumed
    this.state = new RootState(this, record.timeline)
    this.timeLimits = new TimeLimits(this.platform, this.state.timeline)
    this.telling = new Telling(this, options.reporter)
    this.watching = new Watching(this)
    this.idleness = new Idleness(this, options.maySuspend ?? false)
    this.local = options.local
    this.journal = new Journal({
      store: this.home.store,
      platform: this.platform,
      rootId: record.id,
      epoch: record.epoch,
      seq: record.journalSeq,
      timeoutMs: this.settings.journalTimeoutMs,
      onCancelling: () => this.cancelAsked(),
      onLost: (error) => this.lose(error),
      onOutage: (error) =>
        this.telling.log(40, `no new task starts until the store is back: ${error.message}`, null, this),
    })
  }

  get id(): string {
    return this.record.id
  }
  get workspace(): string {
    return this.record.workspace
  }
  get createdBy(): string {
    return this.record.createdBy
  }
  get startedAt(): Micros {
    return this.record.startedAt ?? this.record.createdAt
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
  get starts(): StartedRuns | undefined {
    return this.home.starts ?? this.local?.starts
  }

  /** Undefined when bodies and limited sections may start; else what to wait for. */
  get gate(): Promise<void> | undefined {
    const { lease } = this.home
    return this.journal.ready ?? (lease?.valid === false ? lease.renewed() : undefined)
  }

  // ── life ────────────────────────────────────────────────────────────────────────────────────

  /** Runs the body to its end, or until the run is lost. Resolves to the outcome; rejects when this process may not go on. */
  async execute({ parameters, first, opening, refused }: Beginning): Promise<Outcome> {
    const lost = new Promise<never>((_, reject) => {
      this.#onLost = reject
    })
    if (this.ended) throw this.ended
    this.watching.start()
    if (opening) this.#open(opening)
    else this.telling.root()
    try {
      const outcome = refused
        ? { ...failedOutcome(refused.error), attempt: first.attempt }
        : await Promise.race([
            runAttempts(rootAttempts(this, parameters), first.attempt, (first.notBefore - this.platform.now()) / 1000),
            lost,
          ])
      await Promise.race([this.lingering.settle(), lost])
      return await Promise.race([this.#end(outcome), lost])
    } finally {
      this.watching.stop()
      this.idleness.stop()
      await this.telling.close()
    }
  }

  #open({ state, ...change }: Opening): void {
    this.state.enter(state, change)
  }

  /** Says so at once: the flow's own code may take its time to end. */
  cancel(reason: Error): void {
    if (this.suspension.keepsForLater(reason)) return
    if (!this.cancelScope.reason && !this.ended) this.state.enter(stateOf('Cancelling', this.platform.now()))
    this.cancelScope.abort(reason)
  }

  /** This process can go on with the run no longer: nothing more is recorded or handed out, and its bodies are told to stop. */
  lose(error: SluiceError): void {
    if (this.ended && !this.suspension.underWay) return
    this.suspension.giveUp()
    this.ended = error
    this.journal.stop()
    this.delivery.stop()
    this.watching.stop()
    // A simulated crash (testing) must look like a dead process: not even an abort signal is seen, and what it held is free.
    if (error.details['simulated'] === true) for (const release of this.shared) release()
    else this.cancelScope.abort(error)
    this.leave(error)
  }

  /** Ends the execution here: for this process the run is over, whatever becomes of it elsewhere. */
  leave(reason: Error): void {
    this.#onLost?.(reason)
  }

  /** Journals the end. A result that cannot be kept makes it a failure. */
  async #end(given: Outcome): Promise<Outcome> {
    // Whoever follows the run sees its end as the last of it.
    await this.telling.flushLogs()
    const { outcome, result } = await this.#withResult(given)
    const error = outcome.ok ? null : toStoredError(outcome.error)
    const at = this.platform.now()
    this.retryWaits.end(rootScope(this.id))
    // The body went on beside an open wait, and has come to its end.
    if (this.future.state.type === 'paused') this.state.become(stateOf('Running', at))
    this.state.become(
      outcome.ok ? stateOf('Completed', at) : stateOf(outcome.name, at, { message: error?.message ?? '' }),
    )
    this.telling.flushArtifacts()
    await this.journal.write(...forgottenWaits(this), () =>
      this.state.entry({
        attempt: outcome.attempt,
        result,
        error,
        unhandled: outcome.ok ? [] : outcome.unhandled,
        endedAt: at,
        ...(this.checkpoints.nondeterministic && { nondeterministic: true }),
      }),
    )
    this.ended = new SluiceError('ATTEMPT_CLOSED', { task: this.definition.name })
    fireHook(this, endHook(outcome), outcome.ok ? { value: outcome.value } : { error: outcome.error })
    await this.lingering.settle()
    this.telling.root(outcome.ok ? undefined : outcome.error)
    return outcome
  }

  async #withResult(outcome: Outcome): Promise<{ readonly outcome: Outcome; readonly result: StoredValue | null }> {
    if (!outcome.ok) return { outcome, result: null }
    try {
      return { outcome, result: await keepTrying(this, () => this.values.encode(outcome.value, this.definition.name)) }
    } catch (error) {
      return { outcome: { ...failedOutcome(error), attempt: outcome.attempt }, result: null }
    }
  }

  // ── services for calls ──────────────────────────────────────────────────────────────────────

  /** The text that inputs are hashed as: large results stand as their content hash, secrets as a keyed one. */
  canonical(value: unknown, root: string): string {
    return canonicalize(value, { ...this.#hashing, root })
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

  cancelAsked(): void {
    this.cancel(new SluiceError('RUN_CANCELLED', { run: this.id, problem: 'somebody asked for it' }))
  }
}

function endHook(outcome: Outcome): HookName {
  if (outcome.ok) return 'onCompletion'
  return outcome.name === 'Cancelled' ? 'onCancellation' : 'onFailure'
}
