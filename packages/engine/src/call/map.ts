import { SluiceError, type State, type StateName, stateOf } from '@sluice/core'
import type { Ambient } from '../scope/ambient.ts'
import { startCall } from './call.ts'
import type { Definition } from '../authoring/definition.ts'
import { CallFuture, type FutureOwner } from './future.ts'
import { edgeCap } from './inputs.ts'
import type { MapFuture } from '../types.ts'

const defaultWidth = 64

/** `task.map`: one call per item, a bounded number at once, in the order of the items. */
export function startMap(
  definition: Definition,
  items: unknown,
  rest: readonly unknown[],
  here: Ambient,
): MapFuture<unknown> {
  const map = new MapCall(definition, rest, here)
  map.begin(items)
  return map.future
}

/** The future of all results, and the single futures, made when somebody asks for them. */
class MapCallFuture extends CallFuture<unknown[]> implements MapFuture<unknown> {
  get #map(): MapCall {
    return this.owner as MapCall
  }
  get length(): number {
    return this.#map.length
  }
  *[Symbol.iterator](): Iterator<CallFuture<unknown>> {
    for (let i = 0; i < this.length; i++) yield this.#map.futureAt(i)
    if (!this.#map.ready) throw new SluiceError('MAP_NOT_READY', { task: this.name })
  }
}

/**
 * Starts items as earlier ones end, so that 100 000 items cost the memory of their results and of the few that run. The map itself
 * is not recorded: its items are.
 */
class MapCall implements FutureOwner {
  readonly id: string
  readonly after: readonly string[] = []
  readonly future: MapCallFuture
  ready = false
  readonly #definition: Definition
  readonly #rest: readonly unknown[]
  readonly #here: Ambient
  readonly #width: number
  readonly #handedOut = new Map<number, CallFuture<unknown>>()
  /** Of the items that run, by index. An array: see {@link Crowd} for what a map would keep. */
  readonly #calls: (CallFuture<unknown> | undefined)[] = []
  #live = 0
  readonly #failures = new Map<number, { readonly state: State; readonly error: unknown }>()
  /** Of the items that have ended, by index: a call's id is certain only once its inputs are there. */
  readonly #ids: string[] = []
  #items: readonly unknown[] = []
  #results: unknown[] = []
  #next = 0
  #done = 0
  #failed = false
  #reason: Error | undefined

  constructor(definition: Definition, rest: readonly unknown[], here: Ambient) {
    const { platform } = here.frame.facts.root
    this.#definition = definition
    this.#rest = rest
    this.#here = here
    this.#width = typeof definition.concurrency === 'number' ? definition.concurrency : defaultWidth
    this.id = platform.newId()
    this.future = new MapCallFuture(definition.name, this, stateOf('Running', platform.now()))
  }

  get length(): number {
    return this.#items.length
  }

  /** Edges go to the items: the map has no row of its own. */
  get edges(): { readonly ids: readonly string[]; readonly more: number } {
    const ids = Object.values(this.#ids.slice(0, edgeCap))
    return { ids, more: Math.max(0, this.#next - ids.length) }
  }

  begin(items: unknown): void {
    this.#here.frame.enter(this)
    if (!(items instanceof Promise)) {
      this.#take(items)
      return
    }
    if (items instanceof CallFuture) (items.consumers ??= []).push(this.future)
    const quiet: Promise<unknown> = items instanceof CallFuture ? items.quietly() : items
    quiet.then(
      (resolved) => {
        try {
          this.#take(resolved)
        } catch (error) {
          this.#here.frame.noteFailure(undefined, this.future, error)
          this.#end(error)
        }
      },
      (error: unknown) => this.#end(error),
    )
  }

  cancel(reason: Error): void {
    this.#reason ??= reason
    for (const future of this.#calls) future?.owner.cancel(reason)
    this.#pump()
  }

  futureAt(index: number): CallFuture<unknown> {
    const known = this.#calls[index] ?? this.#handedOut.get(index)
    if (known) return known
    const future = new CallFuture<unknown>(this.#definition.name, this.#ownerOf(index), this.#stateOf('Pending'))
    this.#handedOut.set(index, future)
    if (index < this.#next) this.#settleLate(index, future)
    return future
  }

  /** Who answers for an item that has no call: not yet, or not any more. */
  #ownerOf(index: number): FutureOwner {
    const edges = (): FutureOwner['edges'] => ({ ids: Object.values(this.#ids.slice(index, index + 1)), more: 0 })
    const id = (): string => this.#ids[index] ?? this.id
    return {
      get id() {
        return id()
      },
      get edges() {
        return edges()
      },
      after: [],
      cancel: (reason) => this.#cancelQueued(index, reason),
    }
  }

  /** An item that waits for its turn will not get it; its future and the map's reject at once. */
  #cancelQueued(index: number, error: Error): void {
    if (index < this.#next || this.#failures.has(index)) return
    this.#failures.set(index, { state: this.#stateOf('Cancelled', error.message), error })
    const future = this.#handedOut.get(index)
    if (future) this.#settleLate(index, future)
    if (!this.#failed) this.#failWith(error)
  }

  #take(items: unknown): void {
    if (!isIterable(items)) {
      this.#here.frame.leave(this)
      throw new SluiceError('MAP_NOT_ITERABLE', {
        task: this.#definition.name,
        kind: items === null ? 'null' : typeof items,
      })
    }
    this.#items = Array.isArray(items) ? items : [...items]
    this.#results = Array.from({ length: this.#items.length })
    this.ready = true
    // The first items start now, as a plain call would; every future that code asks for in this turn is known before the first end.
    this.#pump()
  }

  #pump(): void {
    while (this.ready && this.#next < this.#items.length && this.#live < this.#width) {
      const refusal = this.#reason ?? this.#here.frame.refusal(this.#here.shield)
      if (refusal) {
        this.#dropQueued(refusal)
        break
      }
      this.#start(this.#next++)
    }
    if (this.ready && this.#done === this.#items.length) this.#end(undefined)
  }

  #start(index: number): void {
    if (this.#failures.has(index)) {
      this.#done++
      return
    }
    const future = startCall(
      this.#definition,
      [this.#items[index], ...this.#rest],
      this.#here,
      this.#handedOut.get(index),
    )
    ;(future.consumers ??= []).push(this.future)
    this.#calls[index] = future
    this.#live++
    future.quietly().then(
      (value) => {
        this.#results[index] = value
        this.#finished(index, future.id)
      },
      (error: unknown) => {
        this.#failures.set(index, { state: future.state, error })
        if (!this.#failed) this.#failWith(error)
        this.#finished(index, future.id)
      },
    )
  }

  #finished(index: number, id: string): void {
    this.#ids[index] = id
    this.#calls[index] = undefined
    this.#live--
    this.#done++
    this.#pump()
  }

  /** The first failure is the map's; the other items go on. */
  #failWith(error: unknown): void {
    this.#failed = true
    this.future.state = this.#stateOf('Failed')
    this.future.reject(error)
  }

  /** Items that never started: nothing of them is recorded but a line in the log. */
  #dropQueued(refusal: Error): void {
    const { root } = this.#here.frame.facts
    const first = this.#next
    const count = this.#items.length - first
    this.#next = this.#items.length
    this.#done += count
    const state = this.#stateOf('Cancelled', refusal.message)
    for (let i = first; i < this.#items.length; i++) {
      if (!this.#failures.has(i)) this.#failures.set(i, { state, error: refusal })
      const future = this.#handedOut.get(i)
      if (future) this.#settleLate(i, future)
    }
    root.telling.log(
      30,
      `${count} queued items of ${this.#definition.name} were not started: ${refusal.message}`,
      null,
      this.#here.frame.source,
    )
    if (!this.#failed) this.#failWith(refusal)
  }

  #end(error: unknown): void {
    if (!this.#failed) {
      if (error === undefined) {
        this.future.state = this.#stateOf('Completed')
        this.future.resolve(this.#results)
      } else this.#failWith(error)
    }
    this.#here.frame.leave(this)
  }

  /** The future of an item that has ended, or never got to start. */
  #settleLate(index: number, future: CallFuture<unknown>): void {
    const failure = this.#failures.get(index)
    future.state = failure?.state ?? this.#stateOf('Completed')
    if (failure) future.reject(failure.error)
    else future.resolve(this.#results[index])
  }

  #stateOf(name: StateName, message?: string): State {
    return stateOf(name, this.#here.frame.facts.root.platform.now(), message === undefined ? {} : { message })
  }
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return (
    value !== null &&
    value !== undefined &&
    typeof (value as Partial<Iterable<unknown>>)[Symbol.iterator] === 'function'
  )
}
