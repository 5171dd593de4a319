import type { State, StoredError } from '@sluice/core'
import type { Definition } from './authoring/definition.ts'
import type { RunControl, SlotRequest, Store, StoredValue } from '@sluice/store'

/** What a run needs of a store: the whole store of a script, or the same few calls over HTTP in a worker's process. */
export interface RunStore extends Pick<
  Store,
  'location' | 'appendJournal' | 'loadCheckpoints' | 'getCached' | 'appendLogs' | 'releaseSlots' | 'timeOutWait'
> {
  /** True: {@link readControl} answers when there is news (or after `waitMs`), so it is asked again at once. */
  readonly controlIsPushed?: boolean
  readControl(id: string, options?: ControlOptions): Promise<RunControl | undefined>
  /** False after `waitMs` (over HTTP; an embedded store answers at once): asked again, it keeps its place in line. */
  acquireSlots(request: SlotRequest, waitMs?: number): Promise<boolean>
}

export interface ControlOptions {
  readonly waitMs: number
  /** What is known already is no news. */
  readonly seen: RunControl | undefined
  readonly signal?: AbortSignal
}

/** How a run starts runs that are not its own children, and learns how they ended. */
export interface StartedRuns {
  /** Starts it, or finds it started under this id. `definition`: the flow as this process has it, for who runs it here. */
  start(request: StartRequest, definition: Definition): Promise<void>
  /** Undefined while it has not ended. */
  outcome(id: string): Promise<StartedOutcome | undefined>
  cancel(id: string, reason: string): Promise<void>
}

export interface StartRequest {
  readonly id: string
  readonly by: { readonly rootId: string; readonly epoch: number }
  readonly flow: string
  readonly entrypoint: string | null
  /** `flow/name`, or a name among the flow's deployments. Undefined: the flow's only one; without any, where its starter runs. */
  readonly deployment: string | undefined
  readonly parameters: StoredValue
  readonly name: string | undefined
  readonly tags: readonly string[]
  readonly priority: number | undefined
}

export interface StartedOutcome {
  readonly state: State
  readonly result: StoredValue | null
  readonly error: StoredError | null
}

/** An owner whose lease has passed starts nothing until it is renewed: somebody else may have the run. */
export interface Lease {
  readonly valid: boolean
  /** Resolves once it is valid again. */
  renewed(): Promise<void>
}
