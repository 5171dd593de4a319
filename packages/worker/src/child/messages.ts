import type { Assignment } from '@sluice/api'

/** What the process of runs is told. Times are those of the machine's monotonic clock, in milliseconds. */
export type ToChild =
  | { readonly kind: 'run'; readonly order: RunOrder }
  | { readonly kind: 'lease'; readonly until: number }
  | { readonly kind: 'cancel'; readonly reason: string }
  /** No more runs. */
  | { readonly kind: 'end' }

/** One run, with all that its engine needs. The secret key comes this way and not by the environment, which children inherit. */
export interface RunOrder {
  readonly assignment: Assignment
  readonly urls: readonly string[]
  readonly project: string
  readonly cwd: string
  readonly entrypoint: string
  readonly env: Readonly<Record<string, string>>
  readonly leaseUntil: number
}

/** What it tells. */
export type FromChild =
  /** The engine is loaded: it can take a run at once. */
  | { readonly kind: 'ready' }
  /** The flow's code is loaded. */
  | { readonly kind: 'started' }
  /** A line of the run's log. */
  | { readonly kind: 'line'; readonly level: number; readonly text: string }
  | { readonly kind: 'over'; readonly end: ChildEnd; readonly leftovers: readonly string[] }

export type ChildEnd =
  | { readonly kind: 'ended'; readonly state: string }
  | { readonly kind: 'suspended' }
  | { readonly kind: 'lost'; readonly code: string; readonly message: string }
  | { readonly kind: 'launchFailed'; readonly message: string }
