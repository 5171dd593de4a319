import { type Duration, limits } from '@sluice/core'
import { type Platform, systemPlatform } from '../platform.ts'

/** What tests and hosts may set; users of flows need none of it. */
export interface EngineSettings {
  readonly platform: Platform
  /** How long the store may refuse before a run is given up, in ms. */
  readonly journalTimeoutMs: number
  /** How long a cancelled flow body may clean up, in ms. */
  readonly graceMs: number
  /** How often a running root run looks whether it was cancelled or taken over, in ms. */
  readonly pollMs: number
  /** How long a run must have done nothing but wait before it gives up its process, where it may, in ms. */
  readonly suspendAfterMs: number
  /** How long ended runs are kept. */
  readonly retention: Duration | 'off'
  /** Testing mode: a task that changes its inputs fails with `INPUT_MUTATED`. */
  readonly checkInputs: boolean
}

export const defaultSettings: EngineSettings = {
  platform: systemPlatform,
  journalTimeoutMs: limits.journalTimeoutMs,
  graceMs: 10_000,
  pollMs: 500,
  suspendAfterMs: 5_000,
  retention: '90d',
  checkInputs: false,
}
