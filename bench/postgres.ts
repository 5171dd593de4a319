import { PostgresDatabase } from '@sluice/postgres'
import { startPostgres, type TestPostgres } from '@sluice/testing'

/** The server of a whole bench run, started when the first measurement needs it. */
export interface BenchPostgres extends AsyncDisposable {
  /** Gives `use` an empty database. */
  withDatabase<T>(use: (url: string) => Promise<T>): Promise<T>
  /** Version and the settings that figures depend on; undefined when no server was needed. */
  readonly settings: string | undefined
}

export function benchPostgres(): BenchPostgres {
  let server: Promise<TestPostgres> | undefined
  let settings: string | undefined
  return {
    get settings() {
      return settings
    },
    async withDatabase(use) {
      // A commit must be on the disk: anything else would not be PostgreSQL as people run it.
      const postgres = await (server ??= startPostgres(process.env, { durable: true }))
      const database = await postgres.createDatabase()
      try {
        settings ??= await readSettings(database.url)
        return await use(database.url)
      } finally {
        await database.drop()
      }
    },
    [Symbol.asyncDispose]: async () => (await server)?.stop(),
  }
}

async function readSettings(url: string): Promise<string> {
  await using database = PostgresDatabase.fromUrl(url)
  const rows = await database.sql<{ name: string; setting: string }>`
    select name, setting from pg_settings
    where name in ('fsync', 'synchronous_commit', 'full_page_writes', 'shared_buffers', 'server_version')
    order by name desc`
  return rows.map(({ name, setting }) => `${name} ${setting}`).join(', ')
}
