import { Client } from 'pg'
import type { TestPostgres } from './start-postgres.ts'
import { prepareUndo } from './prepared-database.ts'

/** A database for one test: prepared, and with nothing in it that another test wrote. */
export interface LentDatabase {
  readonly url: string
  /** Ends whoever is still connected. */
  readonly giveBack: () => Promise<void>
}

/** Lends databases that were prepared in the same way. Disposing of it drops those that nobody holds. */
export interface DatabaseLender extends AsyncDisposable {
  lend(): Promise<LentDatabase>
}

/**
 * To create and prepare a database costs thirty times what it costs to undo what a test did to one. What comes back is
 * therefore lent again, as it was when it was prepared; one that cannot be made so (its schema or its statistics have
 * changed, it has grown) is dropped.
 *
 * @example
 * const postgres = await startPostgres()
 * const lender = lendDatabases(() => postgres.createDatabase(), async (url) => (await openStore(url)).close())
 * const { url, giveBack } = await lender.lend()
 */
export function lendDatabases(
  create: TestPostgres['createDatabase'],
  prepare: (url: string) => Promise<void>,
): DatabaseLender {
  const kept: KeptDatabase[] = []
  return {
    lend: async () => {
      const database = kept.pop() ?? (await prepared(create, prepare))
      const giveBack = async (): Promise<void> => {
        if (await database.undo()) kept.push(database)
        else await database.drop()
      }
      return { url: database.url, giveBack }
    },
    [Symbol.asyncDispose]: async () => {
      for (const database of kept.splice(0)) await database.drop()
    },
  }
}

interface KeptDatabase {
  readonly url: string
  /** False: it cannot be lent again. */
  readonly undo: () => Promise<boolean>
  readonly drop: () => Promise<void>
}

async function prepared(
  create: TestPostgres['createDatabase'],
  prepare: (url: string) => Promise<void>,
): Promise<KeptDatabase> {
  const { url, drop } = await create()
  try {
    await prepare(url)
    const client = await connect(url)
    const { undo } = await prepareUndo(client)
    return {
      url,
      // What it cannot undo, whatever the reason, is gone with the database.
      undo: () => undo().catch(() => false),
      drop: async () => {
        await client.end().catch(() => undefined)
        await drop()
      },
    }
  } catch (error) {
    await drop()
    throw error
  }
}

/** As a replica: no trigger and no foreign key acts on what is undone. */
async function connect(url: string): Promise<Client> {
  const options = '-c session_replication_role=replica -c lock_timeout=5s'
  const client = new Client({ connectionString: url, application_name: 'sluice-testing', options })
  client.on('error', () => undefined)
  await client.connect()
  return client
}
