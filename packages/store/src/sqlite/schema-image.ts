import type { DatabaseSync } from 'node:sqlite'

/** A database of the newest schema without any rows but that it has this schema. */
let image: Uint8Array | undefined

/**
 * Makes a new database in memory one of the newest schema, as the first of this process was when it had been migrated: a copy takes
 * half a millisecond where some 140 tables and indexes made one by one take seven, and a test of crashes opens hundreds of them.
 * The statements that were prepared on it before are gone. Node 24.12 cannot copy: there each one is migrated.
 */
export function loadSchemaImage(database: DatabaseSync): void {
  if (image !== undefined && 'deserialize' in database) database.deserialize(image)
}

/** Keeps what {@link loadSchemaImage} copies: `database` is in memory, and was migrated and not used. */
export function keepSchemaImage(database: DatabaseSync): void {
  if (image === undefined && 'serialize' in database) image = database.serialize()
}
