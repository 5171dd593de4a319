import type { Duration, Secret } from '@sluice/core'
import { SluiceError } from '@sluice/core'
import type { ConnectionOptions } from 'node:tls'

/** How to reach a PostgreSQL database. Everything but the password may be printed. */
export interface PostgresSettings {
  /** Host name, address, or the directory of a unix socket (`/var/run/postgresql`). Default `localhost`. */
  readonly host?: string
  /** Default 5432. */
  readonly port?: number
  /** Default: the user's name, as libpq does. */
  readonly database?: string
  readonly user?: string
  readonly password?: Secret | string
  /** `true` verifies the server's certificate. Default: no TLS. */
  readonly ssl?: boolean | ConnectionOptions
  /** Connections this block may open in one process. Default 4. */
  readonly max?: number
  /** For opening one connection. Default 10 s. Waiting for one of `max` connections has no limit of its own. */
  readonly connectTimeout?: Duration
  /** Shown in `pg_stat_activity`. Default `sluice`. */
  readonly applicationName?: string
  /** libpq's `options`, for example `-c search_path=staging`. */
  readonly options?: string
}

const known: ReadonlySet<string> = new Set([
  'host',
  'port',
  'database',
  'user',
  'password',
  'ssl',
  'max',
  'connectTimeout',
  'applicationName',
  'options',
] satisfies (keyof PostgresSettings)[])

/** Refuses unknown names and impossible numbers before the first connection does. */
export function checkSettings(settings: PostgresSettings): PostgresSettings {
  for (const option of Object.keys(settings)) {
    if (!known.has(option)) throw new SluiceError('OPTION_UNKNOWN', { option, known: [...known] })
  }
  requireInteger('port', settings.port, 0, 65_535)
  requireInteger('max', settings.max, 1, 1_000)
  return settings
}

function requireInteger(option: string, value: number | undefined, least: number, most: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return
  throw new SluiceError('OPTION_INVALID', { option, problem: `must be a whole number from ${least} to ${most}` })
}

/** `user@host:port/database`: safe to print, and what the block hashes as. The password is no part of it. */
export function describeSettings(settings: PostgresSettings): string {
  const user = settings.user === undefined ? '' : `${settings.user}@`
  return `${user}${settings.host ?? 'localhost'}:${settings.port ?? 5432}/${settings.database ?? settings.user ?? ''}`
}
