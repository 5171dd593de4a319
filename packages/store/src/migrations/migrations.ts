import { SluiceError } from '@sluice/core'
import { createRuns } from './001-runs.ts'
import { dispatchRuns } from './002-dispatch.ts'
import { lakeTables } from './003-lake.ts'
import { bulkEvents } from './004-bulk-events.ts'
import { lakeTrust } from './005-lake-trust.ts'
import type { Migration } from './migration.ts'

/** Every step of the schema, in order. A static list: nothing is found by looking into directories. */
export const migrations: readonly Migration[] = [createRuns, dispatchRuns, lakeTables, bulkEvents, lakeTrust]

/** What `sluice_migration` says of a database. */
export interface SchemaVersion {
  readonly version: number
  /** The oldest code that may use it. */
  readonly readableFrom: number
}

/** The steps that a database still needs. Throws `STORE_TOO_NEW` when only newer code may use it. */
export function pendingMigrations(found: SchemaVersion, location: string): readonly Migration[] {
  const known = migrations.length
  if (found.readableFrom > known) {
    throw new SluiceError('STORE_TOO_NEW', { location, found: found.version, known })
  }
  return migrations.filter((migration) => migration.version > found.version)
}
