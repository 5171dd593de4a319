import { planRuns, type PlannedRun } from './runs.ts'
import { planStrikes, type Strike } from './strikes.ts'

export interface PlanOptions {
  readonly seed: number
  readonly runs: number
  /** For so long things go wrong; runs are fed for most of it. */
  readonly chaosMs: number
  /** Of workers. What is stopped is stopped for longer. */
  readonly leaseMs: number
  readonly database: 'sqlite' | 'postgres'
}

/** Everything that is going to happen, as a pure function of its options: the same seed is the same story. */
export interface Plan extends PlanOptions {
  readonly work: readonly PlannedRun[]
  readonly strikes: readonly Strike[]
}

export function planOf(options: PlanOptions): Plan {
  return { ...options, work: planRuns(options), strikes: planStrikes(options) }
}

export const servers = { sqlite: 1, postgres: 2 } as const
export const workers = ['process', 'process', 'inline'] as const
