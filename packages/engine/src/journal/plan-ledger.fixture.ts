import { isTerminal } from '@sluice/core'
import type { JournalEntry, Store } from '@sluice/store'
import { run } from '../index.ts'

/**
 * Watches a store and the bodies that begin, and knows what may not happen: a body whose outcome is committed, or an attempt
 * that is over, must not begin again.
 */
export class Ledger {
  /** What went wrong, in words: thrown errors could be caught by the flow under test. */
  readonly broken: string[] = []
  readonly #done = new Set<string>()
  readonly #failedAttempts = new Map<string, number>()
  readonly begun = new Map<string, number>()

  watch(store: Store): Store {
    return new Proxy(store, {
      get: (target, name) => {
        if (name === 'appendJournal')
          return async (batch: Parameters<Store['appendJournal']>[0]) => {
            const receipt = await target.appendJournal(batch)
            for (const entry of batch.entries) this.#committed(entry)
            return receipt
          }
        if (name === 'claimRun')
          return async (claim: Parameters<Store['claimRun']>[0]) => {
            const claimed = await target.claimRun(claim)
            if (claimed) this.#drop(claim.drop)
            return claimed
          }
        const member: unknown = Reflect.get(target, name)
        return typeof member === 'function' ? (member.bind(target) as unknown) : member
      },
    })
  }

  begins(): void {
    const key = run.key.slice(run.key.indexOf('/') + 1)
    const call = `${run.name} (attempt ${run.attempt}, ${key.slice(0, 6)})`
    if (this.#done.has(key)) this.broken.push(`${call} began although its outcome is committed`)
    if (run.attempt <= (this.#failedAttempts.get(key) ?? 0))
      this.broken.push(`${call} began although that attempt has failed`)
    this.begun.set(`${key} ${run.attempt}`, (this.begun.get(`${key} ${run.attempt}`) ?? 0) + 1)
  }

  #committed(entry: JournalEntry): void {
    if (entry.kind === 'drop') this.#drop(entry.keys)
    if (entry.kind !== 'task' && entry.kind !== 'child') return
    const { key, state, attempt, checkpoint } = entry.row
    if (key === null) return
    if (state.name === 'AwaitingRetry') this.#failedAttempts.set(key, attempt)
    else if (isTerminal(state.type) && checkpoint) this.#done.add(key)
  }

  #drop(keys: readonly string[]): void {
    for (const key of keys) {
      this.#done.delete(key)
      this.#failedAttempts.delete(key)
    }
  }
}
