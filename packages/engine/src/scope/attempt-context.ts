import { ambient, type Ambient } from './ambient.ts'
import type { RunHome } from '../home/run-home.ts'

/** The attempt that code runs in, for what acts in its name: the lake's loads are its loads, and end with it. */
export interface AttemptContext {
  readonly rootId: string
  /** The ownership under which the root run runs here: whoever commits for it is fenced by this. */
  readonly epoch: number
  readonly runId: string
  readonly taskRunId: string | undefined
  /** Idempotency token of the flow or task call: the same on every try and every resume. */
  readonly key: string
  readonly signal: AbortSignal
  /** Where the run is kept. */
  readonly home: RunHome
  /** Throws why nothing may be done here any more: `ATTEMPT_CLOSED` of a settled attempt, or the reason of its cancellation. */
  requireOpen(): void
  /**
   * The same, once this process's lease on the run is known to hold: before anything that others will see. A task's row is
   * written then, because what others see names it.
   */
  requireOwned(): Promise<void>
  /** What was pinned under this name for the task by its `cache.by`; not for what it calls. */
  pinned(name: string): unknown
  /** Counts equal acts of this attempt from 0: the first `what` of a second try is the first one again. */
  ordinal(what: string): number
  /** Until disposed of, the run is not suspended. */
  busy(): Disposable
}

/** Undefined outside of flows and tasks. */
export function attemptContext(): AttemptContext | undefined {
  const here = ambient()
  return here && contextOf(here)
}

function contextOf({ frame, shield }: Ambient): AttemptContext {
  const { root, runId, taskRunId, cancel, note } = frame.facts
  const requireOpen = (): void => {
    const refusal = frame.refusal(shield)
    if (refusal) throw refusal
  }
  return {
    rootId: root.id,
    epoch: root.record.epoch,
    runId,
    taskRunId,
    key: frame.key,
    get signal() {
      return (shield ?? cancel).signal
    },
    home: root.home,
    requireOpen,
    async requireOwned() {
      requireOpen()
      const { lease } = root.home
      if (lease && !lease.valid) await (shield ?? cancel).race(lease.renewed())
      requireOpen()
      note?.()
    },
    pinned: (name) => frame.facts.pins?.get(name),
    ordinal: (what) => frame.ordinal('lake', undefined, what),
    busy: () => root.idleness.busy(),
  }
}
