import { SluiceError } from '@sluice/core'
import type { Store } from '@sluice/store'

/** Where a simulated process dies: before or after its n-th write (counted from 1) reaches the store. */
export interface CrashPoint {
  readonly at: number
  /** `after`: the store has the write, the process never learns it. */
  readonly mode: 'before' | 'after'
}

/** Writes that decide what a resume finds. Log lines are not among them: they are written on a timer of their own. */
const writes = new Set<PropertyKey>(['createRun', 'claimRun', 'appendJournal', 'markCrashed', 'endAbandoned', 'requestCancel'])

/**
 * A store as a process sees it that dies at a crash point: from then on every call fails, as if the process were gone. What was
 * written before stays in the store behind it. Without a point it only counts.
 *
 * @example
 * const crashing = new CrashingStore(store, { at: 3, mode: 'before' })
 * await startRun(daily, {}, { home: await testHome({ store: crashing.store }) }).settled()
 */
export class CrashingStore {
  readonly store: Store
  /** Writes seen so far. */
  writes = 0
  crashed = false
  readonly #point: CrashPoint | undefined

  constructor(inner: Store, point?: CrashPoint) {
    this.#point = point
    this.store = new Proxy(inner, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== 'function') return member
        const method = member.bind(target) as (...args: unknown[]) => unknown
        return writes.has(name) ? (...args: unknown[]) => this.#write(method, args) : (...args: unknown[]) => this.#read(method, args)
      },
    })
  }

  async #write(method: (...args: unknown[]) => unknown, args: unknown[]): Promise<unknown> {
    if (this.crashed) throw dead()
    this.writes++
    const last = this.writes === this.#point?.at
    if (last && this.#point?.mode === 'before') this.#die()
    const result = await method(...args)
    if (last) this.#die()
    return result
  }

  #read(method: (...args: unknown[]) => unknown, args: unknown[]): unknown {
    if (this.crashed) return Promise.reject(dead())
    return method(...args)
  }

  #die(): never {
    this.crashed = true
    throw dead()
  }
}

/** `simulated`: the engine stops without a trace, as a killed process does. */
function dead(): SluiceError {
  return new SluiceError('RUN_FENCED', { simulated: true })
}
