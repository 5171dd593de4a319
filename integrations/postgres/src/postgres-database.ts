import { hashIdentity, SluiceError } from '@sluice/core'
import { inspect } from 'node:util'
import { type Connections, createConnections } from './connections.ts'
import type { CopyOptions, CopyResult } from './copy-from.ts'
import { parsePostgresUrl } from './parse-url.ts'
import { createSession, type QueryOptions, type Session, type Statement, type TransactionOptions } from './session.ts'
import { checkSettings, describeSettings, type PostgresSettings } from './settings.ts'
import type { Identifier } from './sql.ts'
import { runTransaction } from './transaction.ts'

/** A {@link PostgresDatabase} as it prints: whether there is a password shows, how long it is does not. */
export interface PrintedDatabase {
  readonly host: string
  readonly port: number
  readonly database: string | null
  readonly user: string | null
  readonly password: '********' | null
}

/**
 * A PostgreSQL database: where it is and how to log in, with a few connections that open when first used.
 *
 * Keep one per database and process. As a task's argument it counts as what it points to (user, host, port, database), so
 * a new password does not invalidate what is cached or recorded; the password itself is never printed or hashed.
 *
 * @example
 * ```ts
 * const db = PostgresDatabase.fromEnv('DATABASE_URL')
 * const [count] = await db.sql<{ n: number }>`select count(*) as n from trips where fare > ${10}`
 * await db.copyFrom({ table: 'trips', columns: ['id', 'fare'], source: rows })
 * ```
 */
export class PostgresDatabase implements Session, AsyncDisposable {
  /** `user@host:port/database`, safe to print. */
  readonly location: string
  readonly #settings: PostgresSettings
  readonly #connections: Connections
  readonly #session: Session

  /** @throws SluiceError `OPTION_UNKNOWN`, `OPTION_INVALID` */
  constructor(settings: PostgresSettings) {
    this.#settings = { ...checkSettings(settings) }
    this.location = describeSettings(this.#settings)
    const connections = createConnections(this.#settings)
    this.#connections = connections
    this.#session = createSession({
      connections,
      use: connections.use,
      transaction: (body, options = {}) =>
        connections.use((client) => runTransaction(client, connections, body, options), options.signal),
    })
  }

  /** From `postgres://user:password@host:5432/database`, with libpq's parameters (`?sslmode=require`, `?host=/run/postgresql`). */
  static fromUrl(url: string, more: PostgresSettings = {}): PostgresDatabase {
    return new PostgresDatabase({ ...parsePostgresUrl(url), ...more })
  }

  /** From the URL in an environment variable. */
  static fromEnv(name = 'DATABASE_URL', more: PostgresSettings = {}): PostgresDatabase {
    const url = process.env[name]
    if (url !== undefined && url !== '') return PostgresDatabase.fromUrl(url, more)
    throw new SluiceError('OPTION_INVALID', {
      option: name,
      of: 'the environment',
      problem: 'is not set; it must hold a postgres:// URL',
    })
  }

  query<T extends object = Record<string, unknown>>(
    statement: Statement,
    params?: readonly unknown[],
    options?: QueryOptions,
  ): Promise<T[]> {
    return this.#session.query<T>(statement, params, options)
  }

  sql<T extends object = Record<string, unknown>>(
    strings: TemplateStringsArray,
    ...values: readonly unknown[]
  ): Promise<T[]> {
    return this.#session.sql<T>(strings, ...values)
  }

  execute(
    statement: Statement,
    params?: readonly unknown[],
    options?: QueryOptions,
  ): Promise<{ readonly rowCount: number }> {
    return this.#session.execute(statement, params, options)
  }

  transaction<T>(body: (tx: Session) => Promise<T>, options?: TransactionOptions): Promise<T> {
    return this.#session.transaction(body, options)
  }

  copyFrom(options: CopyOptions): Promise<CopyResult> {
    return this.#session.copyFrom(options)
  }

  identifier(...parts: readonly [string, ...string[]]): Identifier {
    return this.#session.identifier(...parts)
  }

  /** Closes its connections, after what is using them. The block cannot be used again. */
  close(): Promise<void> {
    return this.#connections.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  toJSON(): PrintedDatabase {
    const { host = 'localhost', port = 5432, database = null, user = null, password } = this.#settings
    return { host, port, database, user, password: password === undefined ? null : '********' }
  }

  toString(): string {
    return `PostgresDatabase(${this.location})`
  }
}

// Not written as methods: declarations that are made file by file cannot name a symbol of another module.
Object.defineProperties(PostgresDatabase.prototype, {
  [hashIdentity]: {
    value(this: PostgresDatabase): string {
      return `postgres://${this.location}`
    },
  },
  [inspect.custom]: {
    value(this: PostgresDatabase): string {
      return `PostgresDatabase ${inspect({ ...this.toJSON() }, { breakLength: Number.POSITIVE_INFINITY })}`
    },
  },
})
