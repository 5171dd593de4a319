import { DatabaseError, type Pool } from 'pg'
import { migrationTable } from '../migrations/migration.ts'
import { readVersion, rememberMigration, versionOf } from '../migrations/migration-queries.ts'
import { pendingMigrations, type SchemaVersion } from '../migrations/migrations.ts'
import { firstOf, rowsOf } from '../statement.ts'
import { inTransaction } from './postgres-driver.ts'
import { drive, type Queryable } from './postgres-session.ts'

/** Our tables have a schema of their own: the database may be somebody else's too. */
export const schemaName = 'sluice'

/** "sluice" in ASCII: the lock under which one process at a time changes the schema. */
const migrationLock = 0x736c75696365

/**
 * Brings the schema up to date in one transaction. Reads first, so that servers of a current database start without waiting
 * for each other; who finds work takes the lock and reads again.
 */
export async function migrate(pool: Pool, location: string, now: () => number): Promise<void> {
  if (pendingMigrations(await foundIn(pool), location).length === 0) return
  await inTransaction(pool, async (client) => {
    await client.query('select pg_advisory_xact_lock($1)', [migrationLock])
    await client.query(`create schema if not exists ${schemaName}`)
    await client.query(migrationTable)
    for (const migration of pendingMigrations(await foundIn(client), location)) {
      for (const statement of migration.statements('postgres')) await client.query(statement)
      await drive(client, rowsOf(rememberMigration(migration.version, migration.name, migration.readableFrom, now())))
    }
  })
}

/** The version of a database; one without our table is new. */
export async function foundIn(on: Queryable): Promise<SchemaVersion> {
  try {
    return versionOf(await drive(on, firstOf(readVersion())))
  } catch (error) {
    if (error instanceof DatabaseError && error.code === '42P01') return versionOf(undefined)
    throw error
  }
}
