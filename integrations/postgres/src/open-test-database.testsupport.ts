import { PostgresDatabase, type PostgresSettings } from './index.ts'

/** A database of one test file's own. */
export interface TestDatabase {
  readonly db: PostgresDatabase
  readonly url: string
  connect(settings?: PostgresSettings): PostgresDatabase
  close(): Promise<void>
}

export async function openTestDatabase(): Promise<TestDatabase> {
  const admin = PostgresDatabase.fromEnv('TEST_DATABASE_URL')
  const name = `t_${process.pid}_${Math.trunc(performance.now() * 1000)}`
  await admin.query(`create database ${name}`)
  const url = `${process.env['TEST_DATABASE_URL']}`.replace('/postgres?', `/${name}?`)
  const connect = (settings?: PostgresSettings): PostgresDatabase => PostgresDatabase.fromUrl(url, settings)
  const db = connect()
  const close = async (): Promise<void> => {
    await db.close()
    await admin.query(`drop database ${name} with (force)`)
    await admin.close()
  }
  return { db, url, connect, close }
}
