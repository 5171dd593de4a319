import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createDatabaseFile } from '@sluice/testing'
import { openStore } from '../open-store.ts'
import { platform, type Platform } from '../platform.ts'
import type { HeldTransaction, StoreHarness, TestDatabase } from '../suites/harness.testsuite.ts'
import { appendJournal } from './append-journal.ts'
import { SqliteConnection } from './sqlite-connection.ts'

/** SQLite files in a directory of their own. */
export const sqliteHarness: StoreHarness = {
  kind: 'sqlite',
  create: async () => {
    const database = createDatabase()
    await createDatabaseFile(database.target)
    return database
  },
  createEmpty: async () => createDatabase(),
}

/** A file, and when somebody had to wait for it. */
export interface SqliteTestDatabase extends TestDatabase {
  /** Resolves when a store that was opened here pauses because the file is busy. */
  readonly nextPause: () => Promise<void>
}

/** A new file's database in a directory of its own. */
export function createDatabase(): SqliteTestDatabase {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-store-'))
  return {
    ...createDatabaseAt(join(directory, 'home', 'sluice.db')),
    [Symbol.asyncDispose]: async () => rmSync(directory, { recursive: true }),
  }
}

/** The database at a path, which somebody else removes. */
export function createDatabaseAt(target: string): Omit<SqliteTestDatabase, typeof Symbol.asyncDispose> {
  const busy = observedPlatform()
  return {
    target,
    platform: busy.platform,
    nextPause: busy.nextPause,
    open: (options) => openStore(target, { ...options, platform: busy.platform, busyTimeoutMs: 0 }),
    execute: async (text) => {
      const database = new DatabaseSync(target, { timeout: 5000 })
      database.exec(text)
      database.close()
    },
    plan: async ({ text, values }) => {
      const database = new DatabaseSync(target, { timeout: 5000 })
      const plan = database.prepare(`explain query plan ${text.sqlite.replaceAll(/\$(\d+)/g, '?$1')}`).all(...values)
      database.close()
      return plan.map((row) => String(row['detail'])).join('\n')
    },
    holdAppend: async (batch) => hold(target, busy, (connection) => appendJournal(connection, batch)),
    holdSteps: async (steps) =>
      hold(target, busy, (connection) => connection.transaction(() => connection.drive(steps()))),
  }
}

/** A connection whose transactions stay open. */
class HeldConnection extends SqliteConnection {
  override transaction<T>(work: () => T): T {
    this.exec('begin immediate')
    return work()
  }
}

function hold(
  target: string,
  busy: ObservedPlatform,
  work: (connection: SqliteConnection) => unknown,
): HeldTransaction {
  const connection = new HeldConnection(new DatabaseSync(target))
  work(connection)
  const end = async (how: 'commit' | 'rollback'): Promise<void> => {
    connection.exec(how)
    connection.close()
  }
  return { blocking: () => busy.nextPause(), commit: () => end('commit'), rollback: () => end('rollback') }
}

interface ObservedPlatform {
  readonly platform: Platform
  /** Resolves when somebody pauses because the file is busy. */
  readonly nextPause: () => Promise<void>
}

function observedPlatform(): ObservedPlatform {
  let pause = Promise.withResolvers<void>()
  const sleep = (ms: number): Promise<void> => {
    pause.resolve()
    return platform.sleep(ms)
  }
  const nextPause = async (): Promise<void> => {
    await pause.promise
    pause = Promise.withResolvers<void>()
  }
  return { platform: { ...platform, sleep }, nextPause }
}
