import type { LakeCatalog } from '../catalog/lake-catalog.ts'
import type { Duck } from '../duckdb/open-duck.ts'
import type { Platform } from '../platform.ts'
import type { LakeStorage } from '../storage/lake-storage.ts'
import type { Manifests } from './manifests.ts'

/** A lake that is open in this process: what tables are read and written with. */
export interface OpenLake extends AsyncDisposable {
  readonly catalog: LakeCatalog
  readonly storage: LakeStorage
  readonly manifests: Manifests
  readonly platform: Platform
  /** Started by the first use. */
  duck(): Promise<Duck>
}
