import type { CheckFinding } from '../catalog/findings.ts'
import type { LoadResult } from './types.ts'

/** What keeps bad rows away from a table's readers. */
export interface TableTrust {
  /** Makes the table's checks on what readers see now, and keeps what they say. Throws `TABLE_NOT_FOUND`. */
  check(): Promise<readonly CheckFinding[]>
  /**
   * Checks a load that is blocked again, after what it missed was mended, and publishes it. `force` does so in spite of checks that
   * fail, and says so. Throws `LOAD_BLOCKED`, `LOAD_NOT_FOUND`.
   */
  publish(loadId: string, options?: PublishOptions): Promise<LoadResult>
  /** Gives up a load that is blocked: its rows never come into the table. Throws `LOAD_NOT_FOUND`. */
  drop(loadId: string): Promise<void>
}

export interface PublishOptions {
  readonly force?: boolean
}
