import type { Owner, RunRecord, Store } from '@sluice/store'
import type { AnyFlow, Reporter } from './types.ts'

/** Where runs are recorded: the store, the place of large results, the key for secrets. One per process and directory. */
export interface Home extends AsyncDisposable {
  /** The project's `.sluice` directory, absolute. */
  readonly dir: string
  /** The project's root, absolute: entrypoints and cache identities are relative to it. */
  readonly project: string
  readonly store: Store
  close(): Promise<void>
}

export interface HomeOptions {
  /** Where the search for `.sluice` or `package.json` starts, upwards. Default: the working directory. */
  readonly cwd?: string
  /** The `.sluice` directory itself. Default: `SLUICE_HOME`, else found from `cwd`. */
  readonly home?: string
  /** A `postgres://` URL in place of the SQLite file. Default: `SLUICE_DATABASE_URL`. */
  readonly databaseUrl?: string
  /** `full`: survives power loss, not only process death. Default: `SLUICE_DURABILITY`, else `normal`. */
  readonly durability?: 'normal' | 'full'
  /** False: where no run was recorded yet nothing is made; the home is empty and forgets what is written to it. Default true. */
  readonly create?: boolean
}

export interface StartOptions {
  readonly home: Home
  readonly reporter?: Reporter
  readonly tags?: readonly string[]
  /** The run this one repeats. */
  readonly rerunOf?: string
  /** Use this id (UUIDv7) for the run. */
  readonly id?: string
}

export interface ContinueOptions {
  readonly home: Home
  readonly run: RunRecord
  readonly flow: AnyFlow
  readonly reporter?: Reporter
  /**
   * `resume`: everything journaled is replayed, failures too (after a crash).
   * `retry`: failed calls that nothing handled run again, as a new attempt. `retry-all-failed`: every failed call does.
   */
  readonly mode: 'resume' | 'retry' | 'retry-all-failed'
  /** Also run this task (by name) and everything that was journaled after its first call again. */
  readonly from?: string
  /**
   * Takes the run over although its process is on another machine, where nobody here can see whether it lives. Safe for the record
   * (the other is fenced from then on); tasks that it is in the middle of run a second time.
   */
  readonly force?: boolean
}

/** A root run whose owner is gone. */
export interface DeadRun {
  readonly id: string
  readonly flow: string
  readonly owner: Owner
}
