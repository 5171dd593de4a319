import type { State } from '@sluice/core'
import type { RootRunEntry, TimelineEntry } from '@sluice/store'
import { step } from '../call/rows.ts'
import { forgottenWaits } from '../wait/forgotten-waits.ts'
import type { RootRun } from './root-run.ts'
import { addStep } from './root-timeline.ts'

/** What changes in a run's row beside its state. */
export type RootChange = Omit<RootRunEntry, 'kind' | 'state' | 'timeline'>

/** The state of a root run, and how it came to it: what this process shows, and what the journal is told. */
export class RootState {
  readonly timeline: readonly TimelineEntry[]
  readonly #root: RootRun
  readonly #timeline: TimelineEntry[]

  constructor(root: RootRun, timeline: readonly TimelineEntry[]) {
    this.#root = root
    this.timeline = this.#timeline = [...timeline]
  }

  get current(): State {
    return this.#root.future.state
  }

  /** In this process; {@link entry} records it. */
  become(state: State): void {
    this.#root.future.state = state
    addStep(this.#timeline, step(state))
    this.#root.timeLimits.changed()
  }

  /** A new state that nobody waits for: what follows in the journal stands behind it. */
  enter(state: State, change: RootChange = {}): void {
    this.become(state)
    this.#root.journal.append(() => this.entry(change))
    this.#root.telling.root()
  }

  /** A new state, recorded when this resolves, with the waits that nobody comes to any more. */
  async write(state: State): Promise<void> {
    this.become(state)
    await this.#root.journal.write(...forgottenWaits(this.#root), () => this.entry({}))
  }

  entry(change: RootChange): RootRunEntry {
    return { kind: 'root', state: this.current, timeline: this.#timeline, ...change }
  }
}
