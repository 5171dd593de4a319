import { SluiceError, stateOf, type Frontier, type State } from '@sluice/core'
import { type Few, forEachMember, withMember } from './few.ts'
import { ambient } from '../scope/ambient.ts'
import type { TaskFuture } from '../types.ts'

/** What a future asks of the call it belongs to. */
export interface FutureOwner {
  readonly id: string
  /** Ids that stand for it as an edge of the graph, and how many more there are. */
  readonly edges: { readonly ids: readonly string[]; readonly more: number }
  readonly after: readonly string[]
  cancel(reason: Error): void
}

/** What tells whether somebody looked at an outcome. */
export interface Observable {
  readonly seen: boolean
  readonly observed: boolean
  readonly failure: unknown
  readonly consumers: readonly Observable[] | undefined
}

/**
 * A started call: a native promise that also knows its run. `then` marks the outcome as observed and, once it is known, tells
 * the awaiting scope's frontier; the engine itself looks through {@link quietly}, which does neither.
 */
export class CallFuture<T> extends Promise<T> implements TaskFuture<T>, Observable {
  /** Derived promises are plain: only a call's own future carries its identity. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise
  }

  readonly name: string
  state: State
  owner: FutureOwner
  /** Calls that took this future as an argument. */
  consumers: Observable[] | undefined
  /** What it was rejected with. */
  failure: unknown
  readonly #resolve: (value: T) => void
  readonly #reject: (error: unknown) => void
  #watchers: Few<Frontier>
  #settled = false
  #observed = false

  constructor(name: string, owner: FutureOwner, state: State) {
    let resolve: (value: T) => void = unset
    let reject: (error: unknown) => void = unset
    super((onValue, onError) => {
      resolve = onValue
      reject = onError
    })
    this.#resolve = resolve
    this.#reject = reject
    this.owner = owner
    this.name = name
    this.state = state
    // A rejection that nobody handles is the scope's business (it fails the flow), never the process's.
    super.then(undefined, () => undefined)
  }

  get id(): string {
    return this.owner.id
  }

  /** Somebody looked at the outcome itself. */
  get seen(): boolean {
    return this.#observed
  }

  /** Somebody looked at the outcome, or at that of a call that took it as an argument. */
  get observed(): boolean {
    return reaches(this, (future) => future.seen)
  }

  // oxlint-disable-next-line unicorn/no-thenable -- it is a promise
  override then<A = T, B = never>(
    onValue?: ((value: T) => A | PromiseLike<A>) | null,
    onError?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#observe()
    return super.then(onValue, onError)
  }

  /** The promise for the engine's own use: not an observation. */
  quietly(): Promise<T> {
    return super.then((value) => value)
  }

  cancel(reason?: string): void {
    this.owner.cancel(
      new SluiceError('TASK_CANCELLED', { task: this.name, ...(reason === undefined ? {} : { reason }) }),
    )
  }

  settled(): Promise<PromiseSettledResult<T>> {
    return this.then(
      (value): PromiseSettledResult<T> => ({ status: 'fulfilled', value }),
      (reason: unknown): PromiseSettledResult<T> => ({ status: 'rejected', reason }),
    )
  }

  toJSON(): never {
    throw new SluiceError('FUTURE_IN_JSON', { task: this.name })
  }

  resolve(value: T): void {
    this.#settle()
    this.#resolve(value)
  }

  reject(error: unknown): void {
    this.failure = error
    this.#settle()
    this.#reject(error)
  }

  /** The "after" edge exists once the outcome is known to the awaiting code, not when it starts to wait. */
  #observe(): void {
    this.#observed = true
    const frontier = ambient()?.frame.frontier
    if (!frontier) return
    if (this.#settled) frontier.observe(this.id, this.owner.after)
    else this.#watchers = withMember(this.#watchers, frontier)
  }

  #settle(): void {
    this.#settled = true
    forEachMember(this.#watchers, (frontier) => frontier.observe(this.id, this.owner.after))
    this.#watchers = undefined
  }
}

/** Whether this future, or one that it went into, fulfils the condition. `past`: such a one and what lies beyond do not count. */
export function reaches(
  from: Observable,
  condition: (future: Observable) => boolean,
  past?: (future: Observable) => boolean,
): boolean {
  // Not recursive: chains of thousands of futures are legal.
  const found = new Set([from])
  for (const future of found) {
    if (past?.(future)) continue
    if (condition(future)) return true
    for (const consumer of future.consumers ?? []) found.add(consumer)
  }
  return false
}

function unset(): never {
  throw new Error('a promise runs its executor before the constructor returns')
}

/** A future that is refused before anything starts. */
export function refusedFuture<T>(name: string, id: string, at: number, error: Error): CallFuture<T> {
  const owner = { id, edges: { ids: [], more: 0 }, after: [], cancel: () => undefined }
  const future = new CallFuture<T>(name, owner, stateOf('Cancelled', at, { message: error.message }))
  future.reject(error)
  return future
}
