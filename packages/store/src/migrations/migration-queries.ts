import { type Query, query } from '../statement.ts'
import type { SchemaVersion } from './migrations.ts'

/** How far the schema of this database is. One row; the table has one row per step. */
export const readVersion: Query<[], { version: number; readable_from: number }> = query(
  'read-version',
  `select coalesce(max(version), 0) as version, coalesce(max(readable_from), 0) as readable_from
   from sluice_migration`,
)

/** Remembers a step, in the transaction that takes it. */
export const rememberMigration: Query<[version: number, name: string, readableFrom: number, at: number]> = query(
  'remember-migration',
  'insert into sluice_migration (version, name, readable_from, applied_at) values ($1, $2, $3, $4)',
)

/** The row of {@link readVersion} as the code calls it; a database without the table has version 0. */
export const versionOf = (row: { version: number; readable_from: number } | undefined): SchemaVersion => ({
  version: row?.version ?? 0,
  readableFrom: row?.readable_from ?? 0,
})
