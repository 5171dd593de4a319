import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { isSluiceError, SluiceError } from '@sluice/core'
import type { OpenOptions } from '../open-store.ts'
import type { Platform } from '../platform.ts'
import { retryBusy } from '../retry-busy.ts'
import { migrate, refuseForeign, requireCurrent } from './migrate.ts'
import { keepSchemaImage, loadSchemaImage } from './schema-image.ts'
import { SqliteConnection } from './sqlite-connection.ts'
import { SqliteDriver } from './sqlite-driver.ts'
import { fromSqliteError } from './sqlite-errors.ts'

/** How long SQLite itself may block the event loop for a lock; what takes longer is waited for asynchronously. */
const defaultBusyTimeoutMs = 5

/** Opens or creates a file and brings its schema up to date. `:memory:` is a database of this connection alone. */
export function openSqlite(path: string, options: OpenOptions, platform: Platform): Promise<SqliteDriver> {
  const location = path === ':memory:' ? path : resolve(path)
  return retryBusy(platform, () => {
    try {
      return openOnce(location, options, platform)
    } catch (error) {
      throw explained(fromSqliteError(error, location), location, options.readOnly === true)
    }
  })
}

function openOnce(location: string, options: OpenOptions, platform: Platform): SqliteDriver {
  const readOnly = options.readOnly === true
  const inMemory = !readOnly && location === ':memory:'
  if (!readOnly && location !== ':memory:') mkdirSync(dirname(location), { recursive: true })
  const database = new DatabaseSync(addressOf(location, readOnly), {
    readOnly,
    timeout: options.busyTimeoutMs ?? defaultBusyTimeoutMs,
  })
  // Before anything is prepared on it.
  if (inMemory) loadSchemaImage(database)
  const connection = new SqliteConnection(database)
  try {
    if (readOnly) requireCurrent(connection, location)
    else prepareForWriting(connection, location, options, platform)
    if (inMemory) keepSchemaImage(database)
    return new SqliteDriver(connection, location, platform)
  } catch (error) {
    connection.close()
    throw error
  }
}

function prepareForWriting(
  connection: SqliteConnection,
  location: string,
  options: OpenOptions,
  platform: Platform,
): void {
  // First of all: the mode is written into the file, which may be another program's or a newer Sluice's.
  refuseForeign(connection, location)
  connection.exec('pragma journal_mode = wal')
  // NORMAL: a commit survives the death of the process; after power loss the last commits may be gone, never one in between.
  connection.exec(`pragma synchronous = ${options.durability === 'full' ? 'full' : 'normal'}`)
  // 16 MB: the pages of the journal's indexes are written over and over, and go into the file once per checkpoint.
  connection.exec('pragma wal_autocheckpoint = 4000; pragma journal_size_limit = 67108864')
  connection.exec('pragma cache_size = -16000; pragma temp_store = memory')
  migrate(connection, location, platform.now)
}

/**
 * In a directory that cannot be written, a file in WAL mode opens only as one that nobody changes: SQLite could not create
 * the shared memory beside it. That holds as long as there is no journal left to read.
 */
function addressOf(location: string, readOnly: boolean): string | URL {
  if (!readOnly || isWritable(dirname(location)) || sizeOf(`${location}-wal`) > 0) return location
  return new URL('?immutable=1', pathToFileURL(location))
}

/** What the file system says, where SQLite says only that it could not. */
function explained(error: unknown, location: string, readOnly: boolean): unknown {
  const told = (code: 'STORE_READ_ONLY' | 'STORE_UNAVAILABLE', reason: string): SluiceError =>
    new SluiceError(code, { location, reason }, { cause: error })
  if (isDenied(error)) return told('STORE_READ_ONLY', 'access denied')
  if (!isSluiceError(error, 'STORE_UNAVAILABLE') || error.details['busy'] === true || existsSync(location)) return error
  if (readOnly) return told('STORE_UNAVAILABLE', 'there is no such file')
  return isWritable(dirname(location)) ? error : told('STORE_READ_ONLY', 'its directory cannot be written')
}

function isDenied(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ['EACCES', 'EPERM', 'EROFS'].includes(String(error.code))
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
