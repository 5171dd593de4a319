import { SluiceError } from '@sluice/core'

/** Where a simulated process dies: before or after its n-th step (counted from 1). */
export interface DeathPoint {
  readonly at: number
  /** `after`: the step is done, the process never learns it. */
  readonly mode: 'before' | 'after'
}

/** Steps of one process over several things: once it is dead, every call of any of them fails. */
export class DyingProcess {
  steps = 0
  dead = false
  readonly #point: DeathPoint | undefined

  constructor(point?: DeathPoint) {
    this.#point = point
  }

  /** The thing as this process has it: each call of these methods is a step. */
  watch<T extends object>(inner: T, steps: readonly (keyof T)[]): T {
    return new Proxy(inner, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== 'function') return member
        const method = member.bind(target) as (...args: unknown[]) => unknown
        if (name === 'list')
          return (...args: unknown[]) => this.#listed(() => method(...args) as AsyncIterable<unknown>)
        if (!steps.some((step) => step === name)) return (...args: unknown[]) => this.#alive(() => method(...args))
        return (...args: unknown[]) => this.#step(() => method(...args))
      },
    })
  }

  /** What is listed is asked for by and by: a dead process is told then. */
  async *#listed(list: () => AsyncIterable<unknown>): AsyncGenerator {
    if (this.dead) throw died()
    yield* list()
  }

  #alive(work: () => unknown): unknown {
    if (this.dead) return Promise.reject(died())
    return work()
  }

  async #step(work: () => unknown): Promise<unknown> {
    if (this.dead) throw died()
    this.steps += 1
    const last = this.steps === this.#point?.at
    if (last && this.#point?.mode === 'before') this.#die()
    const result = await work()
    if (last) this.#die()
    return result
  }

  #die(): never {
    this.dead = true
    throw died()
  }
}

const died = (): SluiceError => new SluiceError('INTERNAL', { reason: 'killed by the test' })

/** Lets the n-th call of a method be done and its answer be lost. */
export function losingAnswer<T extends object>(inner: T, method: keyof T, at: number): T {
  let calls = 0
  return new Proxy(inner, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      const bound = member.bind(target) as (...args: unknown[]) => unknown
      if (name !== method) return bound
      return async (...args: unknown[]) => {
        const result = await bound(...args)
        calls += 1
        if (calls === at) throw new SluiceError('STORE_UNAVAILABLE', { reason: 'the connection was lost' })
        return result
      }
    },
  })
}
