import { callIdentity, Frontier, SluiceError } from '@sluice/core'
import type { Ambient } from './ambient.ts'
import type { CancelScope } from './cancel-scope.ts'
import type { Definition } from '../authoring/definition.ts'
import type { Observable } from '../call/future.ts'
import { seededRandom } from './seeded-random.ts'
import type { RootRun } from '../run/root-run.ts'
import { Crowd } from '../call/crowd.ts'
import { Semaphore } from '../call/semaphore.ts'

/**
 * - `open`: the body runs; calls are accepted.
 * - `ending`: the body threw; what runs goes on, nothing new starts. Ends when the last call has settled.
 * - `closed`: the attempt is settled; whatever its code still does is refused.
 */
export type FramePhase = 'open' | 'ending' | 'closed'

/** A call of this scope that failed, and whether its code could have dealt with it. */
export interface FailedNote {
  readonly key: string | undefined
  readonly error: unknown
  /** Undefined for an error that no call carries. */
  readonly future: Observable | undefined
  /** The failure was handed out after the body had ended: nobody was there to handle it. */
  readonly late: boolean
}

export interface FrameFacts {
  readonly root: RootRun
  readonly parent: Frame | undefined
  readonly definition: Definition
  /** The full key of this flow or task call: the scope of the keys of calls inside. */
  readonly scope: string
  readonly runId: string
  readonly taskRunId: string | undefined
  readonly attempt: number
  readonly cancel: CancelScope
  readonly parameters: unknown
  /** What the code of this attempt finds as it was when its call was made. */
  readonly pins: ReadonlyMap<string, unknown> | undefined
  /** Tasks: writes the row, once. What refers to a task needs it: a resume gives the task its id back. */
  readonly note: (() => void) | undefined
  /** Another attempt of this scope, or of one around it, may follow: outcomes inside are kept in memory for it. */
  readonly retriable: boolean
}

/** One attempt of a flow or task: the scope in which its calls are counted, joined and refused. */
export class Frame implements Ambient {
  readonly shield: undefined
  readonly facts: FrameFacts
  readonly depth: number
  /** How many calls of a flow's body run at once, when it says so. */
  readonly slots: Semaphore | undefined
  phase: FramePhase = 'open'
  failures: FailedNote[] | undefined
  /** Keys of outcomes kept in memory for another attempt. */
  kept: string[] | undefined
  #frontier: Frontier | undefined
  #ordinals: Map<string, number> | undefined
  #pending: Crowd<object> | undefined
  #idle: (() => void) | undefined
  #random: (() => number) | undefined
  #onClose: (() => void)[] | undefined

  constructor(facts: FrameFacts) {
    this.facts = facts
    this.depth = (facts.parent?.depth ?? 0) + 1
    facts.cancel.context = this
    const { kind, concurrency } = facts.definition
    this.slots = kind === 'flow' && typeof concurrency === 'number' ? new Semaphore(concurrency) : undefined
  }

  get name(): string {
    return this.facts.definition.name
  }

  get frame(): this {
    return this
  }

  get frontier(): Frontier {
    return (this.#frontier ??= new Frontier())
  }

  /** Idempotency token of this flow or task call. */
  get key(): string {
    return `${this.facts.root.id}/${this.facts.scope}`
  }

  /** Why a call made here is refused, if it is. Inside a shield only the end of the run refuses. */
  refusal(shield: CancelScope | undefined): Error | undefined {
    const { root, cancel } = this.facts
    if (root.ended) return root.ended
    if (shield) return shield.reason
    if (cancel.reason) return cancel.reason
    if (this.phase === 'closed')
      return new SluiceError('ATTEMPT_CLOSED', { task: this.name, attempt: this.facts.attempt })
    if (this.phase === 'ending') return new SluiceError('TASK_CANCELLED', { reason: `${this.name} has already failed` })
    return undefined
  }

  /** Counts equal calls; taken after inputs resolve, so equal inputs are interchangeable and branch order cannot swap results. */
  ordinal(name: string, version: string | undefined, inputs: string): number {
    const identity = callIdentity({ name, version, inputs })
    const ordinals = (this.#ordinals ??= new Map())
    const ordinal = ordinals.get(identity) ?? 0
    ordinals.set(identity, ordinal + 1)
    return ordinal
  }

  random(): number {
    this.#random ??= seededRandom(this.key)
    return this.#random()
  }

  get pending(): Iterable<object> {
    return this.#pending ?? []
  }

  get used(): boolean {
    return this.#pending !== undefined
  }

  enter(call: object): void {
    ;(this.#pending ??= new Crowd()).add(call)
  }

  leave(call: object): void {
    this.#pending?.delete(call)
    if (this.#pending?.size === 0) this.#idle?.()
  }

  noteFailure(key: string | undefined, future: Observable, error: unknown): void {
    ;(this.failures ??= []).push({ key, error, future, late: this.phase !== 'open' })
  }

  /** Outcomes of this scope that another attempt may ask for. */
  keep(...keys: readonly string[]): void {
    ;(this.kept ??= []).push(...keys)
  }

  /** An error that no call of this scope carries: an unhandled rejection of a plain promise. */
  noteStray(error: unknown): void {
    ;(this.failures ??= []).push({ key: undefined, error, future: undefined, late: true })
  }

  /** Who speaks when code of this scope writes a log line. */
  get source(): { readonly id: string; readonly definition: Definition; readonly frame: Frame } {
    return { id: this.facts.taskRunId ?? this.facts.runId, definition: this.facts.definition, frame: this }
  }

  /** Resolves when nothing is pending. */
  whenIdle(): Promise<void> {
    if (!this.#pending?.size) return Promise.resolve()
    return new Promise((resolve) => {
      this.#idle = resolve
    })
  }

  /** Something that must not outlive the attempt: slots of `limit()`, timers of waits. At once when the attempt has ended. */
  onClose(fn: () => void): () => void {
    if (this.phase === 'closed') {
      fn()
      return () => undefined
    }
    const list = (this.#onClose ??= [])
    list.push(fn)
    return () => list.splice(list.indexOf(fn), 1)
  }

  close(): void {
    if (this.phase === 'closed') return
    this.phase = 'closed'
    for (const fn of this.#onClose?.splice(0) ?? []) fn()
    this.facts.cancel.release()
  }
}
