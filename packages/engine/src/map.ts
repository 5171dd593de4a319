import { SluiceError, stateOf } from '@sluice/core'
import type { Ambient } from './ambient.ts'
import { startCall } from './call.ts'
import type { Definition } from './definition.ts'
import { CallFuture, type FutureOwner } from './future.ts'
import { edgeCap } from './inputs.ts'
import type { MapFuture } from './types.ts'

const defaultWidth = 64

/** `task.map`: one call per item, a bounded number at once, in the order of the items. */
export function startMap(definition: Definition, items: unknown, rest: readonly unknown[], here: Ambient): MapFuture<unknown> {
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
  readonly #live = new Map<number, CallFuture<unknown>>()
  readonly #errors = new Map<number, unknown>()
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
    return { ids: this.#ids, more: Math.max(0, this.#next - this.#ids.length) }
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
    for (const future of this.#live.values()) future.owner.cancel(reason)
    this.#pump()
  }

  futureAt(index: number): CallFuture<unknown> {
    const known = this.#live.get(index) ?? this.#handedOut.get(index)
    if (known) return known
    const future = new CallFuture<unknown>(this.#definition.name, this, stateOf('Pending', this.#here.frame.facts.root.platform.now()))
    this.#handedOut.set(index, future)
    if (index < this.#next) this.#settleLate(index, future)
    return future
  }

  #take(items: unknown): void {
    if (!isIterable(items)) {
      this.#here.frame.leave(this)
      throw new SluiceError('MAP_NOT_ITERABLE', { task: this.#definition.name, kind: items === null ? 'null' : typeof items })
    }
    this.#items = Array.isArray(items) ? items : [...items]
    this.#results = Array.from({ length: this.#items.length })
    this.ready = true
    // The first items start now, as a plain call would; every future that code asks for in this turn is known before the first end.
    this.#pump()
  }

  #pump(): void {
    while (this.ready && this.#next < this.#items.length && this.#live.size < this.#width) {
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
    const future = startCall(this.#definition, [this.#items[index], ...this.#rest], this.#here, this.#handedOut.get(index))
    ;(future.consumers ??= []).push(this.future)
    this.#live.set(index, future)
    if (this.#ids.length < edgeCap) this.#ids.push(future.id)
    future.quietly().then(
      (value) => {
        this.#results[index] = value
        this.#finished(index)
      },
      (error: unknown) => {
        this.#errors.set(index, error)
        if (!this.#failed) this.#failWith(error)
        this.#finished(index)
      },
    )
  }

  #finished(index: number): void {
    this.#live.delete(index)
    this.#done++
    this.#pump()
  }

  /** The first failure is the map's; the other items go on. */
  #failWith(error: unknown): void {
    this.#failed = true
    this.future.state = stateOf('Failed', this.#here.frame.facts.root.platform.now())
    this.future.reject(error)
  }

  /** Items that never started: nothing of them is recorded but a line in the log. */
  #dropQueued(refusal: Error): void {
    const { root } = this.#here.frame.facts
    const first = this.#next
    const count = this.#items.length - first
    this.#next = this.#items.length
    this.#done += count
    for (let i = first; i < this.#items.length; i++) {
      const future = this.#handedOut.get(i)
      if (!future) continue
      future.state = stateOf('Cancelled', root.platform.now(), { message: refusal.message })
      future.reject(refusal)
    }
    root.log(30, `${count} queued items of ${this.#definition.name} were not started: ${refusal.message}`, null, this.#here.frame.source)
    if (!this.#failed) this.#failWith(refusal)
  }

  #end(error: unknown): void {
    if (!this.#failed) {
      if (error === undefined) {
        this.future.state = stateOf('Completed', this.#here.frame.facts.root.platform.now())
        this.future.resolve(this.#results)
      } else this.#failWith(error)
    }
    this.#here.frame.leave(this)
  }

  /** Asked for after the item had ended. */
  #settleLate(index: number, future: CallFuture<unknown>): void {
    const failed = this.#errors.has(index)
    future.state = stateOf(failed ? 'Failed' : 'Completed', this.#here.frame.facts.root.platform.now())
    if (failed) future.reject(this.#errors.get(index))
    else future.resolve(this.#results[index])
  }
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return value !== null && value !== undefined && typeof (value as Partial<Iterable<unknown>>)[Symbol.iterator] === 'function'
}
