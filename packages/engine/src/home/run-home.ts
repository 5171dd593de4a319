import type { Lease, RunStore, StartedRuns } from '../run-store.ts'
import type { EngineClient } from '../remote/engine-client.ts'
import type { SavedValues } from './saved-values.ts'
import type { SecretBox } from './secret-box.ts'
import type { EngineSettings } from './settings.ts'
import type { Values } from './values.ts'

/** Where one process keeps what its runs do: a script's home, or what a worker gave to the process of a run. */
export interface RunHome {
  /** The project's root, absolute: entrypoints and cache identities are relative to it. */
  readonly project: string
  readonly store: RunStore
  readonly settings: EngineSettings
  readonly secrets: SecretBox
  readonly values: Values
  /** Variables and blocks. */
  readonly saved: SavedValues
  readonly starts?: StartedRuns
  /** Of a claimed run: the calls to its server. Rooms above the engine make theirs with it. */
  readonly server?: EngineClient
  readonly lease?: Lease
  /** The deployment that a claimed run belongs to. */
  readonly deployment?: RunDeployment
}

export interface RunDeployment {
  readonly id: string
  /** `flow/name` */
  readonly name: string
  readonly version: number
}
