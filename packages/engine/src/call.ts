import {
  canonicalize,
  checkpointKey,
  digest,
  fromStoredError,
  isSluiceError,
  isTerminal,
  type Micros,
  SluiceError,
  type State,
  type StateName,
  stateOf,
  toStoredError,
} from '@sluice/core'
import type { CacheEntry, StoredValue, TimelineEntry, Upstream } from '@sluice/store'
import type { Ambient } from './ambient.ts'
import { type Attemptable, cancelledOutcome, type Outcome, runAttempts } from './attempts.ts'
import { cacheEntryKey } from './cache.ts'
import { CancelScope } from './cancel-scope.ts'
import type { Checkpoint } from './checkpoints.ts'
import type { Definition } from './definition.ts'
import { Frame } from './frame.ts'
import { CallFuture, type FutureOwner, refusedFuture } from './future.ts'
import { fireHook } from './hooks.ts'
import { edgeCap, findFutures, resolveFutures } from './inputs.ts'
import { parseParameters } from './parameters.ts'
import { rememberOrigin } from './provenance.ts'
import type { RootRun } from './root-run.ts'
import { childRow, type RowChange, step, taskRow } from './rows.ts'
import { slotsFor } from './slots.ts'

const deepest = 200

/** Calls a task or a flow from inside a run; the body starts before this returns, unless something holds it back. */
export function startCall(definition: Definition, args: readonly unknown[], here: Ambient, future?: CallFuture<unknown>): CallFuture<unknown> {
  const { frame, shield } = here
  const { platform } = frame.facts.root
  const refusal = frame.refusal(shield)
  if (refusal) return refusedFuture(definition.name, platform.newId(), platform.now(), refusal)
  const call = new Call(definition, frame, shield, future)
  call.begin(args)
  return call.future
}

/** The life of one call of a task or child flow: inputs, key, checkpoint or execution, journal, delivery. */
export class Call implements FutureOwner {
  readonly definition: Definition
  readonly frame: Frame
  readonly future: CallFuture<unknown>
  readonly createdAt: Micros
  readonly cancelScope: CancelScope
  timeline: TimelineEntry[] = []
  startedAt: Micros | null = null
  runName: string | undefined
  key = ''
  resumable = true
  upstream: Upstream = { data: [], after: [] }
  attempt = 0
  #id: string | undefined
  #settled = false
  #replayed = false
  #parameters: StoredValue = { text: '' }
  #stopWaiting: (() => void) | undefined

  constructor(definition: Definition, frame: Frame, shield: CancelScope | undefined, future: CallFuture<unknown> | undefined) {
    this.definition = definition
    this.frame = frame
    this.cancelScope = new CancelScope(shield ?? frame.facts.cancel)
    this.createdAt = this.root.platform.now()
    const pending = stateOf('Pending', this.createdAt)
    if (future) future.owner = this
    this.future = future ?? new CallFuture(definition.name, this, pending)
  }

  get root(): RootRun {
    return this.frame.facts.root
  }

  /** On a resume the id that the journal knows, once inputs are there. */
  get id(): string {
    return (this.#id ??= this.root.platform.newId())
  }

  get edges(): { readonly ids: readonly string[]; readonly more: number } {
    return { ids: [this.id], more: 0 }
  }

  get after(): readonly string[] {
    return [...this.upstream.data, ...this.upstream.after]
  }

  get #isFlow(): boolean {
    return this.definition.kind === 'flow'
  }

  cancel(reason: Error): void {
    if (!this.#settled) this.cancelScope.abort(reason)
  }

  begin(args: readonly unknown[]): void {
    this.frame.enter(this.future)
    if (this.frame.depth >= deepest)
      return this.#failUnstarted(new SluiceError('RECURSION_TOO_DEEP', { [this.definition.kind]: this.definition.name, limit: `${deepest} levels` }))
    const found = findFutures(args)
    if (found.futures.length === 0) {
      this.upstream = this.#upstreamOf(found.data, found.more)
      this.#proceed(args)
      return
    }
    for (const future of found.futures) (future.consumers ??= []).push(this.future)
    this.#become('Pending', { waitingFor: { kind: 'inputs' } })
    this.#stopWaiting = this.cancelScope.onAbort((reason) => this.#failUnstarted(reason))
    resolveFutures(args, found.futures).then(
      (values) => {
        if (this.#settled) return
        this.#stopWaiting?.()
        this.#noteEdges(found.futures, found.data, found.more)
        this.#proceed(values)
      },
      (error: unknown) => {
        if (this.#settled) return
        this.#stopWaiting?.()
        this.#noteEdges(found.futures, found.data, found.more)
        this.#upstreamFailed(found.futures, error)
      },
    )
  }

  // ── identity ────────────────────────────────────────────────────────────────────────────────

  #noteEdges(futures: readonly CallFuture<unknown>[], known: readonly string[], more: number): void {
    const ids = new Set(known)
    let beyond = more
    for (const future of futures) {
      const edges = future.owner.edges
      for (const id of edges.ids) {
        if (ids.size < edgeCap) ids.add(id)
        else beyond++
      }
      beyond += edges.more
    }
    this.upstream = this.#upstreamOf([...ids], beyond)
  }

  /** "After" edges only where there is no data edge: they say less. */
  #upstreamOf(data: readonly string[], more: number): Upstream {
    if (more > 0) return { data, after: [], more }
    return { data, after: data.length > 0 ? [] : this.frame.frontier.current() }
  }

  /** The checkpoint under this call's key, if the journal has one. */
  #identify(inputs: string): Checkpoint | undefined {
    const { name, version, kind } = this.definition
    const scoped = kind === 'flow' ? `flow:${name}` : name
    const hashed = inputs.length > 64 ? digest(inputs) : inputs
    const ordinal = this.frame.ordinal(scoped, version, hashed)
    this.key = checkpointKey({ scope: this.frame.facts.scope, name: scoped, version, inputs: hashed, ordinal })
    const known = this.root.checkpoints.get(this.key)
    if (known) {
      this.#id = known.id
      this.root.checkpoints.claim(this.key)
    }
    return known
  }

  #hashInputs(args: readonly unknown[]): string {
    if (this.definition.key) return `key:${this.definition.key(...args)}`
    try {
      return canonicalize(args, { reference: this.root.reference, root: 'args' })
    } catch (error) {
      if (!isSluiceError(error, 'INPUT_UNHASHABLE')) throw error
      this.resumable = false
      this.root.warnOnce(`unhashable:${this.definition.name}`, `${this.definition.name} is not resumable: ${error.message}`, this)
      return `unhashable:${this.root.platform.newId()}`
    }
  }

  #proceed(args: readonly unknown[]): void {
    let known: Checkpoint | undefined
    try {
      known = this.#identify(this.#hashInputs(args))
      this.runName = this.definition.runName?.(...args)
    } catch (error) {
      this.#failUnstarted(error)
      return
    }
    if (known?.final) this.#replay(known)
    else void this.#execute(args, known)
  }

  // ── replay ──────────────────────────────────────────────────────────────────────────────────

  #replay(known: Checkpoint): void {
    this.#settled = this.#replayed = true
    this.cancelScope.release()
    this.attempt = known.attempt
    this.startedAt = known.startedAt
    const state = known.state ?? stateOf('Completed', known.endedAt ?? this.createdAt)
    this.root.delivery.push(known.seq, () => {
      if (state.type !== 'completed') {
        const error = known.error ? fromStoredError(known.error) : new SluiceError('TASK_CANCELLED', { task: this.definition.name })
        this.#deliver(state, { error }, known)
        return undefined
      }
      const value = known.result ? this.root.values.decode(known.result) : undefined
      if (!(value instanceof Promise)) {
        this.#deliver(state, { value }, known)
        return undefined
      }
      return value.then(
        (loaded: unknown) => this.#deliver(state, { value: loaded }, known),
        (error: unknown) => this.root.lose(isSluiceError(error) ? error : new SluiceError('RESULT_MISSING', { task: this.definition.name }, { cause: error })),
      )
    })
  }

  // ── execution ───────────────────────────────────────────────────────────────────────────────

  async #execute(args: readonly unknown[], known: Checkpoint | undefined): Promise<void> {
    const { root, definition } = this
    root.checkpoints.ranAnew(definition.name)
    const slots = slotsFor(this)
    try {
      if (!slots.tryAcquire()) {
        this.#become('AwaitingConcurrencySlot', { waitingFor: { kind: 'limit', limit: slots.name } })
        await slots.acquire(this.cancelScope)
      }
      while (root.journal.ready) await this.cancelScope.race(root.journal.ready)
      const refusal = this.cancelScope.reason ?? root.ended
      if (refusal) throw refusal
    } catch (reason) {
      await this.#finish(cancelledOutcome(reason, 1))
      return
    }
    try {
      await this.#finish(this.#isFlow ? await this.#runFlow(args, known) : await this.#runTask(args, known))
    } finally {
      slots.release()
    }
  }

  async #runTask(args: readonly unknown[], known: Checkpoint | undefined): Promise<Outcome> {
    const { root, definition } = this
    const key = definition.cache && cacheEntryKey(definition, definition.cache, args, this.frame)
    if (key !== undefined && !definition.cache?.refresh) {
      const hit = await root.cached(key)
      if (hit) return { ok: true, value: hit.value, attempt: 1, frame: undefined, cached: hit.stored }
    }
    const outcome = await this.#attempts(known, () => root.checkInputs(this, args, () => definition.fn(...args)), undefined)
    return key !== undefined && outcome.ok ? { ...outcome, cacheAs: key } : outcome
  }

  async #runFlow(args: readonly unknown[], known: Checkpoint | undefined): Promise<Outcome> {
    try {
      const parsed = known?.parameters ? await this.root.values.decode(known.parameters) : await parseParameters(this.definition, args[0])
      this.#parameters = known?.parameters ?? (await this.root.values.encode(parsed, `parameters of ${this.definition.name}`))
      return await this.#attempts(known, () => this.definition.fn(parsed), parsed)
    } catch (error) {
      return { ok: false, error, name: 'Failed', attempt: 1, unhandled: [], frame: undefined }
    }
  }

  #attempts(known: Checkpoint | undefined, body: (frame: Frame) => unknown, parameters: unknown): Promise<Outcome> {
    const { definition, root } = this
    const waiting = known?.state?.name === 'AwaitingRetry'
    const firstAttempt = waiting ? known.attempt + 1 : Math.max(known?.attempt ?? 1, 1)
    const until = waiting && known.state?.waitingFor?.kind === 'time' ? known.state.waitingFor.until : 0
    if (known) {
      this.timeline = [...known.timeline]
      this.startedAt = known.startedAt
    }
    const attemptable: Attemptable = {
      kind: definition.kind,
      name: definition.name,
      platform: root.platform,
      cancel: this.cancelScope,
      policy: definition.policy,
      retryIf: definition.retryIf,
      timeoutMs: definition.timeoutMs,
      onError: definition.onError,
      graceMs: root.settings.graceMs,
      frameOf: (attempt, cancel) => this.#frame(attempt, cancel, parameters),
      body,
      started: (attempt) => this.#started(attempt),
      retrying: (failure) => this.#retrying(failure),
      finishedAttempt: (frame, outcome) => this.#settleKept(frame, outcome),
    }
    return runAttempts(attemptable, firstAttempt, until > 0 ? (until - root.platform.now()) / 1000 : 0)
  }

  #frame(attempt: number, cancel: CancelScope, parameters: unknown): Frame {
    const { definition, frame, root } = this
    const { facts } = frame
    root.checkpoints.enter(this.id)
    return new Frame({
      root,
      parent: frame,
      definition,
      scope: this.key,
      runId: this.#isFlow ? this.id : facts.runId,
      taskRunId: this.#isFlow ? undefined : this.id,
      attempt,
      cancel,
      parameters: this.#isFlow ? parameters : facts.parameters,
      retriable: facts.retriable || definition.policy.retries > 0,
    })
  }

  #started(attempt: number): void {
    this.attempt = attempt
    const now = this.root.platform.now()
    this.startedAt ??= now
    this.#become(attempt > 1 ? 'Retrying' : 'Running')
    this.timeline.push(step(this.future.state))
    this.root.running.add(this)
    if (this.#isFlow && attempt === 1) this.journalStarted()
    this.#announce()
    fireHook(this, 'onRunning', {})
  }

  /** Writes the row of an unfinished call, so that others see it: child runs at once, tasks when they last. */
  journalStarted(): void {
    this.#append({ state: this.future.state, attempt: this.attempt, checkpoint: false, result: null, error: null, unhandled: [], endedAt: null })
  }

  async #retrying(failure: { attempt: number; error: unknown; at: number; unhandled: readonly string[] }): Promise<void> {
    const { root } = this
    root.running.delete(this)
    const error = toStoredError(failure.error)
    this.#become('AwaitingRetry', { message: error.message, waitingFor: { kind: 'time', until: failure.at } })
    this.timeline.push(step(this.future.state))
    const state = this.future.state
    const dropped = root.checkpoints.drop(failure.unhandled)
    const row = (seq: number) =>
      this.#entry({ state, attempt: failure.attempt, checkpoint: false, result: null, error, unhandled: failure.unhandled, endedAt: null }, seq)
    this.#announce(failure.error)
    // Together: a crash in between would replay the failures that this retry is about.
    if (dropped.length > 0) await root.journal.write(row, () => ({ kind: 'drop', keys: dropped }))
    else await root.journal.write(row)
  }

  /** Keeps what a failed attempt finished for the next one; lets it go when the scope stands for itself. */
  #settleKept(frame: Frame, outcome: Outcome): void {
    if (!frame.kept) return
    if (outcome.ok) this.root.checkpoints.forget(frame.kept)
    else if (this.frame.facts.retriable) (this.frame.kept ??= []).push(...frame.kept)
  }

  // ── end ─────────────────────────────────────────────────────────────────────────────────────

  async #finish(outcome: Outcome): Promise<void> {
    if (this.#settled) return
    this.#settled = true
    this.attempt = outcome.attempt
    this.cancelScope.release()
    this.root.running.delete(this)
    if (outcome.ok) await this.#succeed(outcome)
    else this.#fail(outcome)
  }

  async #succeed(outcome: Extract<Outcome, { ok: true }>): Promise<void> {
    const { definition, root } = this
    let result: StoredValue | null = null
    try {
      if (outcome.cached) result = outcome.cached
      else if (definition.persist) {
        const encode = (): StoredValue | Promise<StoredValue> => root.values.encode(outcome.value, definition.name)
        const encoded = encode()
        result = encoded instanceof Promise ? await encoded.catch(() => root.keepTrying(encode)) : encoded
      }
    } catch (error) {
      this.#fail({ ok: false, error, name: 'Failed', attempt: outcome.attempt, unhandled: [], frame: undefined })
      return
    }
    const state = this.#ended(outcome.cached ? 'Cached' : 'Completed')
    const cache = outcome.cacheAs === undefined || !result ? undefined : this.#cacheEntry(outcome.cacheAs, result, state.at)
    this.#record({ state, attempt: outcome.attempt, checkpoint: definition.persist && this.resumable, result, error: null, unhandled: [], endedAt: state.at }, { value: outcome.value }, cache)
  }

  #cacheEntry(key: string, result: StoredValue, now: Micros): CacheEntry {
    const { definition, root, frame } = this
    const ttlMs = definition.cache?.ttlMs
    return {
      key,
      workspace: root.workspace,
      task: definition.name,
      result,
      runId: frame.facts.runId,
      taskRunId: this.id,
      createdAt: now,
      expiresAt: ttlMs === undefined ? null : now + ttlMs * 1000,
    }
  }

  #fail(outcome: Extract<Outcome, { ok: false }>): void {
    const error = toStoredError(outcome.error)
    const state = this.#ended(outcome.name, error.message)
    // What the end of the run or of the calling attempt cancelled is not an outcome: a retry runs it.
    const refused = outcome.name === 'Cancelled' && (this.frame.facts.cancel.reason !== undefined || this.frame.phase !== 'open')
    const change = { state, attempt: outcome.attempt, checkpoint: !refused && this.definition.persist && this.resumable, result: null, error, unhandled: outcome.unhandled, endedAt: state.at }
    if (!refused) {
      this.#record(change, { error: outcome.error })
      return
    }
    this.#append(change)
    this.#deliver(state, { error: outcome.error }, undefined)
  }

  #ended(name: StateName, message?: string): State {
    const state = stateOf(name, this.root.platform.now(), message === undefined ? undefined : { message })
    this.timeline.push(step(state))
    return state
  }

  /** Journals the outcome; its caller sees it once that is committed, in the order of the journal. */
  #record(change: RowChange, outcome: Delivered, cache?: CacheEntry): void {
    const { root } = this
    root.journal.append(
      (seq) => this.#entry(change, seq, cache),
      (seq) => {
        const known = this.frame.facts.retriable && change.checkpoint ? this.#checkpoint(change, seq) : undefined
        if (known) {
          root.checkpoints.keep(known)
          ;(this.frame.kept ??= []).push(known.key)
        }
        root.delivery.push(seq, () => this.#deliver(change.state, outcome, change))
      },
    )
  }

  #checkpoint(change: RowChange, seq: number): Checkpoint {
    return {
      kind: this.#isFlow ? 'run' : 'task',
      id: this.id,
      key: this.key,
      seq,
      name: this.definition.name,
      scopeId: this.frame.facts.taskRunId ?? this.frame.facts.runId,
      state: change.state,
      attempt: change.attempt,
      final: true,
      result: change.result,
      error: change.error,
      unhandled: change.unhandled,
      createdAt: this.createdAt,
      startedAt: this.startedAt,
      endedAt: change.endedAt,
      timeline: this.timeline,
      parameters: this.#isFlow ? this.#parameters : undefined,
      deadline: null,
    }
  }

  #deliver(state: State, outcome: Delivered, known: { readonly result: StoredValue | null } | undefined): void {
    const { frame, future } = this
    future.state = state
    if ('error' in outcome) {
      frame.noteFailure(this.key === '' ? undefined : this.key, future, outcome.error)
      future.reject(outcome.error)
    } else {
      const ref = known?.result && 'ref' in known.result ? known.result.ref : undefined
      rememberOrigin(outcome.value, { id: this.id, ref })
      future.resolve(outcome.value)
    }
    const error = 'error' in outcome ? outcome.error : undefined
    this.#announce(error)
    fireHook(this, hookOf(state), outcome)
    frame.leave(future)
  }

  /** Fails or cancels a call whose body never got to start. */
  #failUnstarted(error: unknown): void {
    if (this.#settled) return
    const cancelled = this.cancelScope.reason !== undefined
    if (this.key === '') this.#identify(`unstarted:${digest(String(error))}`)
    void this.#finish(
      cancelled ? cancelledOutcome(error, 1) : { ok: false, error, name: 'Failed', attempt: 1, unhandled: [], frame: undefined },
    )
  }

  /** Not run: an input failed. The caller gets that failure itself, as it would from a plain async function. */
  #upstreamFailed(futures: readonly CallFuture<unknown>[], error: unknown): void {
    const culprit = futures.find((future) => isTerminal(future.state.type) && future.state.type !== 'completed')
    const known = this.#identify(`upstream:${culprit?.id ?? 'unknown'}`)
    if (known?.final) {
      this.#replay(known)
      return
    }
    const reason = `not run: ${culprit?.name ?? 'an input'} failed`
    this.#settled = true
    this.cancelScope.release()
    const state = this.#ended('Cancelled', reason)
    this.#record({ state, attempt: 0, checkpoint: true, result: null, error: toStoredError(error), unhandled: [], endedAt: state.at }, { error })
  }

  // ── telling ─────────────────────────────────────────────────────────────────────────────────

  #become(name: StateName, more?: Parameters<typeof stateOf>[2]): void {
    this.future.state = stateOf(name, this.root.platform.now(), more)
    if (name === 'AwaitingConcurrencySlot') this.#announce()
  }

  #entry(change: RowChange, seq: number, cache?: CacheEntry): ReturnType<typeof entryOf> {
    return entryOf(this, this.#isFlow, change, seq, this.#parameters, cache)
  }

  #append(change: RowChange): void {
    this.root.journal.append((seq) => this.#entry(change, seq))
  }

  #announce(error?: unknown): void {
    this.root.announce(this, error, this.#replayed)
  }
}

type Delivered = { readonly value: unknown } | { readonly error: unknown }

function entryOf(call: Call, isFlow: boolean, change: RowChange, seq: number, parameters: StoredValue, cache: CacheEntry | undefined) {
  if (isFlow) return { kind: 'child' as const, row: childRow(call, change, seq, parameters) }
  return { kind: 'task' as const, row: taskRow(call, change, seq), ...(cache && { cache }) }
}

function hookOf(state: State): 'onCompletion' | 'onFailure' | 'onCancellation' {
  if (state.type === 'completed') return 'onCompletion'
  return state.type === 'cancelled' ? 'onCancellation' : 'onFailure'
}
