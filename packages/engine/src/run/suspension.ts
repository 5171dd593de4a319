import { SluiceError, type State } from '@sluice/core'
import type { RootRun } from './root-run.ts'
import { RunSuspended } from './run-suspended.ts'

/**
 * Giving up the process of a run that only waits.
 *
 * - running: until `begin`.
 * - under way: its state is being written. Ends by that; by a cancellation, which finds the run as it was; or by losing the run.
 * - over: nothing of the body runs on, and nothing follows in the journal.
 */
export class Suspension {
  readonly #root: RootRun
  /** While it is under way: what was asked meanwhile. */
  #meanwhile: { cancelled?: Error } | undefined

  constructor(root: RootRun) {
    this.#root = root
  }

  get underWay(): boolean {
    return this.#meanwhile !== undefined
  }

  async begin(state: State): Promise<void> {
    const root = this.#root
    if (root.ended || root.cancelScope.reason) return
    const meanwhile: { cancelled?: Error } = (this.#meanwhile = {})
    root.telling.flushArtifacts()
    root.ended = new SluiceError('ATTEMPT_CLOSED', { task: root.definition.name, what: 'what a suspended run does' })
    await root.state.write(state)
    this.#meanwhile = undefined
    if (meanwhile.cancelled) this.#goOn(meanwhile.cancelled)
    else this.#leave()
  }

  /** True while it is under way: somebody who asks for the run's end is heard after it. */
  keepsForLater(reason: Error): boolean {
    if (!this.#meanwhile) return false
    this.#meanwhile.cancelled ??= reason
    return true
  }

  /** The run is lost: nothing is to be done after it. */
  giveUp(): void {
    this.#meanwhile = undefined
  }

  #goOn(cancelled: Error): void {
    this.#root.ended = undefined
    this.#root.cancel(cancelled)
  }

  #leave(): void {
    const root = this.#root
    root.journal.stop()
    root.delivery.stop()
    root.telling.root()
    root.waits.stop()
    root.leave(new RunSuspended(root.id))
  }
}
