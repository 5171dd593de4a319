import { Secret, SluiceError } from '@sluice/core'
import { readFileSync } from 'node:fs'
import type { PostgresSettings } from './settings.ts'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/**
 * Settings from a `postgres://` URL, unix sockets included (`postgres:///db?host=/run/postgresql`, `postgres://%2Frun…/db`).
 * Errors never repeat the URL: it holds the password.
 */
export function parsePostgresUrl(url: string): PostgresSettings {
  const parsed = parse(url)
  if (parsed.protocol !== 'postgres:' && parsed.protocol !== 'postgresql:') {
    throw invalid(`must begin with postgres://, not ${parsed.protocol}//`)
  }
  const settings: Mutable<PostgresSettings> = {}
  if (parsed.hostname !== '') settings.host = unbracket(decode(parsed.hostname))
  if (parsed.port !== '') settings.port = Number(parsed.port)
  if (parsed.username !== '') settings.user = decode(parsed.username)
  if (parsed.password !== '') settings.password = new Secret(decode(parsed.password))
  if (parsed.pathname.length > 1) settings.database = decode(parsed.pathname.slice(1))
  for (const [name, value] of parsed.searchParams) applyParameter(settings, name, value)
  return settings
}

function parse(url: string): URL {
  try {
    // "user@/db" has no host, which URL refuses; the host then comes from `?host=`.
    return new URL(url.replace(/^(postgres(?:ql)?:\/\/[^/?#]*@)(?=[/?#]|$)/, '$1localhost'))
  } catch {
    throw invalid(
      'is not a URL; it looks like postgres://user:password@host:5432/database, special characters percent-encoded',
    )
  }
}

function applyParameter(settings: Mutable<PostgresSettings>, name: string, value: string): void {
  switch (name) {
    case 'host':
    case 'user':
    case 'options':
      settings[name] = value
      return
    case 'dbname':
      settings.database = value
      return
    case 'password':
      settings.password = new Secret(value)
      return
    case 'port':
      settings.port = Number(value)
      return
    case 'application_name':
      settings.applicationName = value
      return
    case 'connect_timeout':
      settings.connectTimeout = `${Number(value)}s`
      return
    case 'sslmode':
      settings.ssl = tlsOf(value, settings.ssl)
      return
    case 'sslrootcert':
      settings.ssl = { ...(typeof settings.ssl === 'object' ? settings.ssl : {}), ca: readFileSync(value, 'utf8') }
      return
    default:
      throw invalid(`has the parameter "${name}", which Sluice does not know`)
  }
}

/** `require` verifies the certificate, as `pg` does: encryption to whoever answers is asked for by its name, `no-verify`. */
function tlsOf(mode: string, before: PostgresSettings['ssl']): NonNullable<PostgresSettings['ssl']> {
  if (mode === 'disable') return false
  if (mode === 'no-verify') return { rejectUnauthorized: false }
  if (mode === 'require' || mode === 'verify-ca' || mode === 'verify-full') return before ?? true
  throw invalid(`has sslmode=${mode}; use disable, require, verify-full or no-verify`)
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw invalid('has a broken percent-encoding')
  }
}

function unbracket(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1')
}

function invalid(problem: string): SluiceError {
  return new SluiceError('OPTION_INVALID', { option: 'database URL', problem })
}
