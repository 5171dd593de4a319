import {
  checkpointKey,
  digest,
  isSluiceError,
  isTerminal,
  type Micros,
  type State,
  type StateName,
  stateOf,
} from '@sluice/core'
import type { StoredValue, TimelineEntry, Upstream } from '@sluice/store'
import type { Ambient } from '../scope/ambient.ts'
import { cancelledOutcome, failedOutcome } from './attempts.ts'
import { executeCall } from './call-execution.ts'
import { finishCall, recordNotRun, replayCall } from './call-outcome.ts'
import { CancelScope } from '../scope/cancel-scope.ts'
import type { Checkpoint } from '../journal/checkpoints.ts'
import type { Definition } from '../authoring/definition.ts'
import type { Frame } from '../scope/frame.ts'
import { CallFuture, type FutureOwner, refusedFuture } from './future.ts'
import { edgesOf, findFutures, resolveFutures } from './inputs.ts'
import { recursionError } from './recursion.ts'
import type { RootRun } from '../run/root-run.ts'
import { undefinedValue } from '../home/values.ts'

/** Texts up to this length go into the key as they are: hashing them twice would buy nothing. */
const shortInputs = 64

/** Calls a task or a flow from inside a run; the body starts before this returns, unless something holds it back. */
export function startCall(
  definition: Definition,
  args: readonly unknown[],
  here: Ambient,
  future?: CallFuture<unknown>,
): CallFuture<unknown> {
  const { frame, shield } = here
  const { platform } = frame.facts.root
  const refusal = frame.refusal(shield)
  if (refusal) return refusedFuture(definition.name, platform.newId(), platform.now(), refusal)
  const call = new Call(definition, frame, shield, future)
  call.begin(args)
  return call.future
}

/**
 * One call of a task or child flow, from its arguments to its delivery: inputs resolve → key → checkpoint (`call-outcome.ts` replays
 * it) or execution (`call-execution.ts`) → journal → delivery (`call-outcome.ts`).
 */
export class Call implements FutureOwner {
  readonly definition: Definition
  readonly frame: Frame
  readonly future: CallFuture<unknown>
  readonly createdAt: Micros
  readonly cancelScope: CancelScope
  readonly timeline: TimelineEntry[] = []
  startedAt: Micros | null = null
  attempt = 0
  runName: string | undefined
  /** Empty until the inputs are there. */
  key = ''
  /** False when nothing but the inputs could identify the call and they cannot be hashed. */
  resumable = true
  upstream: Upstream = { data: [], after: [] }
  /** Child flows: the parameters, once they are parsed. */
  parameters: StoredValue = undefinedValue
  /** What its code finds as it was when the call was made: versions of datasets. */
  pins: ReadonlyMap<string, unknown> | undefined
  /** How it ends is decided; nothing changes it any more. */
  decided = false
  /** Its outcome came from the journal. */
  replayed = false
  #id: string | undefined

  constructor(
    definition: Definition,
    frame: Frame,
    shield: CancelScope | undefined,
    future: CallFuture<unknown> | undefined,
  ) {
    this.definition = definition
    this.frame = frame
    this.cancelScope = new CancelScope(shield ?? frame.facts.cancel)
    this.createdAt = this.root.platform.now()
    if (future) future.owner = this
    this.future = future ?? new CallFuture(definition.name, this, stateOf('Pending', this.createdAt))
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

  get isFlow(): boolean {
    return this.definition.kind === 'flow'
  }

  cancel(reason: Error): void {
    if (!this.decided) this.cancelScope.abort(reason)
  }

  begin(args: readonly unknown[]): void {
    this.frame.facts.note?.()
    this.frame.enter(this.future)
    if (!this.isFlow) this.root.idleness.begin()
    const tooDeep = recursionError(this.definition, this.frame)
    if (tooDeep) {
      this.failUnstarted(tooDeep)
      return
    }
    const found = findFutures(args)
    if (found.futures.length === 0) {
      this.#dependOn(found.data, found.more)
      this.#proceed(args)
      return
    }
    for (const future of found.futures) (future.consumers ??= []).push(this.future)
    this.become('Pending', { waitingFor: { kind: 'inputs' } })
    const stopListening = this.cancelScope.onAbort((reason) => this.failUnstarted(reason))
    const resolved = (go: () => void): void => {
      if (this.decided) return
      stopListening()
      const edges = edgesOf(found)
      this.#dependOn(edges.data, edges.more)
      go()
    }
    resolveFutures(args, found.futures).then(
      (values) => resolved(() => this.#proceed(values)),
      (error: unknown) => resolved(() => this.#notRun(found.futures, error)),
    )
  }

  become(name: StateName, more?: Pick<State, 'message' | 'waitingFor'>): void {
    this.future.state = stateOf(name, this.root.platform.now(), more)
  }

  announce(error?: unknown): void {
    this.root.telling.call(this, error)
  }

  /** Fails or cancels a call whose body never got to start. */
  failUnstarted(error: unknown): void {
    if (this.decided) return
    if (this.key === '') this.#identify(`unstarted:${digest(String(error))}`)
    void finishCall(this, this.cancelScope.reason ? cancelledOutcome(error, 1) : failedOutcome(error))
  }

  /** "After" edges only where there is no data edge: they say less. */
  #dependOn(data: readonly string[], more: number): void {
    const after = data.length > 0 || more > 0 ? [] : this.frame.frontier.current()
    this.upstream = more > 0 ? { data, after, more } : { data, after }
  }

  #proceed(args: readonly unknown[]): void {
    let known: Checkpoint | undefined
    try {
      known = this.#identify(this.#hashInputs(args))
      this.runName = this.definition.runName?.(...args)
    } catch (error) {
      this.failUnstarted(error)
      return
    }
    if (known?.final) replayCall(this, known)
    else void executeCall(this, args, known)
  }

  #hashInputs(args: readonly unknown[]): string {
    if (this.definition.key) return `key:${this.definition.key(...args)}`
    try {
      return this.root.canonical(args, 'args')
    } catch (error) {
      if (!isSluiceError(error, 'INPUT_UNHASHABLE')) throw error
      this.resumable = false
      this.root.telling.warnOnce(
        `unhashable:${this.definition.name}`,
        `${this.definition.name} is not resumable: ${error.message}`,
        this,
      )
      return `unhashable:${this.root.platform.newId()}`
    }
  }

  /** Takes the key and looks for what the journal has under it. */
  #identify(inputs: string): Checkpoint | undefined {
    const { version } = this.definition
    const name = this.isFlow ? `flow:${this.definition.name}` : this.definition.name
    const hashed = inputs.length > shortInputs ? digest(inputs) : inputs
    const ordinal = this.frame.ordinal(name, version, hashed)
    this.key = checkpointKey({ scope: this.frame.facts.scope, name, version, inputs: hashed, ordinal })
    const known = this.root.checkpoints.get(this.key)
    if (known) {
      this.#id = known.id
      this.root.checkpoints.claim(this.key)
    }
    return known
  }

  /** An input failed: the caller gets that failure itself, as it would from a plain async function. */
  #notRun(futures: readonly CallFuture<unknown>[], error: unknown): void {
    const culprit = futures.find((future) => isTerminal(future.state.type) && future.state.type !== 'completed')
    const known = this.#identify(`upstream:${culprit?.id ?? 'unknown'}`)
    if (known?.final) replayCall(this, known)
    else recordNotRun(this, culprit?.name ?? 'an input', error)
  }
}
