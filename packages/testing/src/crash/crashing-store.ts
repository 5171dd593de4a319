import { SluiceError, type StateType } from '@sluice/core'
import type { JournalBatch, JournalEntry, Store } from '@sluice/store'

/** Where a simulated process dies: before or after its n-th write (counted from 1) reaches the store. */
export interface CrashPoint {
  readonly at: number
  /** `after`: the store has the write, the process never learns it. */
  readonly mode: 'before' | 'after'
}

/** Writes that decide what a resume finds. Log lines are not among them: they are written on a timer of their own. */
const writes = new Set<PropertyKey>([
  'createRun',
  'claimRun',
  'appendJournal',
  'markCrashed',
  'endAbandoned',
  'requestCancel',
  'timeOutWait',
])

const afterOutcome = 'after the first outcome'

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
  readonly #point: CrashPoint | typeof afterOutcome | undefined

  /** `after the first outcome`: of a task, child, wait or the run, that is, not when a batch only says that something started. */
  constructor(inner: Store, point?: CrashPoint | typeof afterOutcome) {
    this.#point = point
    this.store = new Proxy(inner, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== 'function') return member
        const method = member.bind(target) as (...args: unknown[]) => unknown
        return writes.has(name)
          ? (...args: unknown[]) => this.#write(method, args)
          : (...args: unknown[]) => this.#read(method, args)
      },
    })
  }

  async #write(method: (...args: unknown[]) => unknown, args: unknown[]): Promise<unknown> {
    if (this.crashed) throw dead()
    this.writes++
    const point = this.#point
    const last = point === afterOutcome ? bringsOutcome(args[0]) : this.writes === point?.at
    if (last && point !== afterOutcome && point?.mode === 'before') this.#die()
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

function bringsOutcome(written: unknown): boolean {
  const { entries } = written as Partial<JournalBatch>
  return entries?.some((entry) => entry.kind === 'wait' || stateTypeOf(entry) !== 'running') ?? false
}

/** Artifacts and drops only go along with others. */
function stateTypeOf(entry: JournalEntry): StateType {
  if (entry.kind === 'root') return entry.state.type
  return entry.kind === 'task' || entry.kind === 'child' ? entry.row.state.type : 'running'
}

/** `simulated`: the engine stops without a trace, as a killed process does. */
function dead(): SluiceError {
  return new SluiceError('RUN_FENCED', { simulated: true })
}
