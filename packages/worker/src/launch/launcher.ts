import type { Assignment } from '@sluice/api'

/**
 * How the runs of a work pool get their infrastructure: a process here; a container, a Kubernetes job, a Ray task elsewhere. A
 * launcher starts the engine with what it is given and watches it; it never talks to the server.
 *
 * What every launcher MUST keep to:
 * - `launch` resolves once the infrastructure exists, and rejects with a `SluiceError` when it cannot; it never leaves anything
 *   behind that runs and that nobody holds.
 * - `exited` resolves exactly once, never rejects, and not before nothing of the run can execute any more.
 * - What runs gets the run token and the secret key, and nothing else that opens anything: no worker token, no database URL.
 * - When the worker is gone, so is what it launched, or it finds the lease over and starts nothing: the fence does the rest.
 */
export interface Launcher extends AsyncDisposable {
  launch(assignment: Assignment, io: LaunchIo): Promise<LaunchedRun>
  /** Gives up what is kept ready for the next runs. What runs goes on. */
  [Symbol.asyncDispose](): Promise<void>
}

/** What a worker gives to each launch. */
export interface LaunchIo {
  /** Where the run's engine finds the servers, most preferred first. */
  readonly urls: readonly string[]
  /** The lease holds until then, on the machine's monotonic clock, in milliseconds. */
  readonly leaseUntil: number
  /** What the run's process printed or its engine told, line by line. */
  line(line: OutputLine): void
  /** The flow's code is loaded and is about to run. */
  started?(): void
}

export interface OutputLine {
  /** `told`: by the engine, which has it in the run's logs already. */
  readonly from: 'stdout' | 'stderr' | 'told'
  readonly level: number
  readonly text: string
}

/** A run on its infrastructure. */
export interface LaunchedRun {
  /** How it ended, when nothing of it can execute any more. */
  readonly exited: Promise<Exit>
  /** Prolongs the lease, given on the machine's monotonic clock. */
  lease(untilMs: number): void
  /** Somebody asked for its end: its engine is told, its code may clean up. */
  cancel(reason: string): void
  /** Asks its process to end (SIGTERM). */
  terminate(): void
  /** Ends it at once with everything it started. The reason becomes that of its {@link Exit}. */
  kill(reason: KillReason): void
}

/**
 * Why a worker kills: only `timedOut` and `cancelled` are news to the server. `lost`: the run was given to somebody else; `disowned`:
 * the server takes nothing from this worker any more, because it forgot it or because its token was revoked.
 */
export type KillReason = 'timedOut' | 'cancelled' | 'drained' | 'lost' | 'disowned'

/** How a run left its infrastructure. */
export type Exit =
  /** Its engine said so: the journal has the rest. */
  | { readonly kind: 'ended'; readonly state: string }
  | { readonly kind: 'suspended' }
  /** Its engine could not go on: another owner, or a journal out of reach for too long. */
  | { readonly kind: 'lost'; readonly code: string; readonly message: string }
  /** Its engine could not say anything. */
  | {
      readonly kind: 'died'
      /** `launchFailed`: it cannot be started anywhere; `notHere`: not on this machine. Nothing of the run was executed. */
      readonly reason: 'crashed' | 'outOfMemory' | 'launchFailed' | 'notHere' | KillReason
      readonly message: string
      readonly exitCode?: number
      readonly signal?: string
      readonly lastLines: readonly string[]
    }
