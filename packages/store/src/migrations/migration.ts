import type { Dialect } from '../statement.ts'

/** One step of the schema. Once released it never changes: what comes later is another step. */
export interface Migration {
  readonly version: number
  readonly name: string
  /**
   * The oldest schema version whose code still works on the database after this step. A step that only adds keeps the
   * number of the step before, so that servers of two releases share a database during an upgrade.
   */
  readonly readableFrom: number
  statements(dialect: Dialect): readonly string[]
}

/** The table that says which steps a database has seen. */
export const migrationTable = `create table if not exists sluice_migration (
  version integer primary key,
  name text not null,
  readable_from integer not null,
  applied_at bigint not null
)`
