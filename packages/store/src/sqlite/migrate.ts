import { SluiceError } from '@sluice/core'
import { migrationTable } from '../migrations/migration.ts'
import { readVersion, rememberMigration, versionOf } from '../migrations/migration-queries.ts'
import { pendingMigrations, type SchemaVersion } from '../migrations/migrations.ts'
import { firstOf } from '../statement.ts'
import type { SqliteConnection } from './sqlite-connection.ts'

/**
 * Brings the schema up to date in one transaction. Reads first: a file that is up to date is not written to, so many
 * processes open it at once without waiting for each other.
 */
export function migrate(connection: SqliteConnection, location: string, now: () => number): void {
  if (pendingMigrations(foundIn(connection, location), location).length === 0) return
  connection.transaction(() => {
    // Read again: another process may have been first.
    for (const migration of pendingMigrations(foundIn(connection, location), location)) {
      connection.exec(migrationTable)
      for (const statement of migration.statements('sqlite')) connection.exec(statement)
      connection.all(rememberMigration(migration.version, migration.name, migration.readableFrom, now()))
    }
  })
}

/** Throws `STORE_CORRUPT` or `STORE_TOO_NEW` for a file that is not ours to change. Only reads. */
export function refuseForeign(connection: SqliteConnection, location: string): void {
  pendingMigrations(foundIn(connection, location), location)
}

/** The version of a file that must not be written to. */
export function requireCurrent(connection: SqliteConnection, location: string): void {
  if (pendingMigrations(foundIn(connection, location), location).length === 0) return
  throw new SluiceError('STORE_READ_ONLY', { location, reason: 'its schema must be brought up to date first' })
}

function foundIn(connection: SqliteConnection, location: string): SchemaVersion {
  const tables = connection
    .prepare('tables', "select name from sqlite_schema where type = 'table' and name not like 'sqlite!_%' escape '!'")
    .all()
    .map((row) => row['name'])
  if (tables.includes('sluice_migration')) return versionOf(connection.drive(firstOf(readVersion())))
  if (tables.length === 0) return versionOf(undefined)
  throw new SluiceError('STORE_CORRUPT', { location, reason: 'it is a SQLite file of another program' })
}
