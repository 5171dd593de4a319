import { SluiceError } from '@sluice/core'
import { databaseStore } from './database-store.ts'
import { platform, type Platform } from './platform.ts'
import type { Store } from './store.ts'

/** How {@link openStore} opens. */
export interface OpenOptions {
  /**
   * SQLite. `normal` (default): a commit survives the death of the process; after power loss the last commits may be gone,
   * never one in between. `full`: every commit is on the disk. PostgreSQL decides by its own `synchronous_commit`.
   */
  readonly durability?: 'normal' | 'full'
  /** Nothing is written, not even a newer schema. */
  readonly readOnly?: boolean
  /** SQLite: milliseconds that one call may block the event loop for another writer. Default 5. */
  readonly busyTimeoutMs?: number
  /** PostgreSQL: connections at most. Default 10. */
  readonly connections?: number
  /** Time and chance, for tests. */
  readonly platform?: Partial<Platform>
}

const known = new Set(['durability', 'readOnly', 'busyTimeoutMs', 'connections', 'platform'])

/**
 * Opens the store at a file path (SQLite) or a `postgres://` URL, and brings its schema up to date. Only the driver that is
 * needed is loaded.
 *
 * Throws `STORE_UNAVAILABLE`, `STORE_READ_ONLY`, `STORE_CORRUPT` (not a database, or of another program), `STORE_TOO_NEW`.
 *
 * @example
 * await using store = await openStore('.sluice/sluice.db')
 * const page = await store.listRuns({ limit: 20 })
 */
export async function openStore(target: string, options: OpenOptions = {}): Promise<Store> {
  const unknown = Object.keys(options).find((name) => !known.has(name))
  if (unknown !== undefined) throw new SluiceError('OPTION_UNKNOWN', { option: unknown, of: 'openStore' })
  const using = { ...platform, ...options.platform }
  if (isPostgresUrl(target)) {
    const { openPostgres } = await import('./postgres/open-postgres.ts')
    return databaseStore(await openPostgres(target, options, using))
  }
  const { openSqlite } = await import('./sqlite/open-sqlite.ts')
  return databaseStore(await openSqlite(target, options, using))
}

/** True for the address of a PostgreSQL database; anything else is a path. */
export function isPostgresUrl(target: string): boolean {
  return /^postgres(?:ql)?:\/\//i.test(target)
}
