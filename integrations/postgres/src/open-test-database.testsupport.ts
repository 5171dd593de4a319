import { startPostgres } from '@sluice/testing'
import { PostgresDatabase, type PostgresSettings } from './index.ts'

/** A database of one test file's own. */
export interface TestDatabase {
  readonly db: PostgresDatabase
  readonly url: string
  connect(settings?: PostgresSettings): PostgresDatabase
  close(): Promise<void>
}

/** True where no server could be started: tests say then that they are skipped. */
export const noPostgres: boolean = process.env['TEST_DATABASE_URL'] === undefined

export async function openTestDatabase(): Promise<TestDatabase> {
  const postgres = await startPostgres()
  const database = await postgres.createDatabase()
  const { url } = database
  const connect = (settings?: PostgresSettings): PostgresDatabase => PostgresDatabase.fromUrl(url, settings)
  const db = connect()
  const close = async (): Promise<void> => {
    await db.close()
    await database.drop()
    await postgres.stop()
  }
  return { db, url, connect, close }
}
