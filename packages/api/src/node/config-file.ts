import { SluiceError } from '@sluice/core'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'

type Env = Readonly<Record<string, string | undefined>>

/** One server that a person works with. */
export interface Profile {
  readonly url: string
  readonly token?: string
}

/** What a person has set for all projects: `config.toml`. */
export interface ConfigFile {
  /** The active profile; absent: none, so the project at hand. */
  readonly profile?: string
  readonly profiles: Readonly<Record<string, Profile>>
  readonly settings: Readonly<Record<string, string>>
}

/** `$XDG_CONFIG_HOME/sluice/config.toml`, by default below `~/.config`. */
export function configFilePath(env: Env): string {
  const base = env['XDG_CONFIG_HOME']
  const dir = base !== undefined && path.isAbsolute(base) ? base : path.join(env['HOME'] ?? homedir(), '.config')
  return path.join(dir, 'sluice', 'config.toml')
}

/** What the file says; nothing when there is none. Throws `CONFIG_INVALID` with the line that is wrong. */
export async function readConfigFile(env: Env): Promise<ConfigFile> {
  const file = configFilePath(env)
  const text = readIfThere(file)
  if (text === undefined) return { profiles: {}, settings: {} }
  const { parse } = await import('smol-toml')
  let table: unknown
  try {
    table = parse(text)
  } catch (cause) {
    throw invalid(file, cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause), cause)
  }
  return configOf(table, file)
}

/** Writes it whole, readable for its owner only: it holds tokens. */
export async function writeConfigFile(env: Env, config: ConfigFile): Promise<string> {
  const file = configFilePath(env)
  const { stringify } = await import('smol-toml')
  const { profile, profiles, settings } = config
  const text = stringify({ ...(profile === undefined ? {} : { profile }), settings, profiles })
  try {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
    // A new file under the old name: a crash leaves one of the two, and an old mode does not stay.
    writeFileSync(`${file}.new`, text, { mode: 0o600 })
    renameSync(`${file}.new`, file)
  } catch (cause) {
    throw invalid(file, `it cannot be written (${cause instanceof Error ? cause.message : String(cause)})`, cause)
  }
  return file
}

function configOf(table: unknown, file: string): ConfigFile {
  const { profile, profiles = {}, settings = {}, ...other } = record(table, file, 'it')
  const [unknown] = Object.keys(other)
  if (unknown !== undefined) throw invalid(file, `'${unknown}' is not known there`)
  if (profile !== undefined && typeof profile !== 'string') throw invalid(file, "'profile' is not a text")
  return {
    ...(profile === undefined ? {} : { profile }),
    profiles: mapped(record(profiles, file, "'profiles'"), (value, name) => profileOf(value, name, file)),
    settings: mapped(record(settings, file, "'settings'"), (value) => String(value)),
  }
}

function profileOf(value: unknown, name: string, file: string): Profile {
  const { url, token, ...other } = record(value, file, `profile '${name}'`)
  const [unknown] = Object.keys(other)
  if (unknown !== undefined) throw invalid(file, `'${unknown}' of profile '${name}' is not known`)
  if (typeof url !== 'string') throw invalid(file, `profile '${name}' has no url`)
  if (token !== undefined && typeof token !== 'string')
    throw invalid(file, `the token of profile '${name}' is not a text`)
  return token === undefined ? { url } : { url, token }
}

function mapped<T>(
  values: Readonly<Record<string, unknown>>,
  map: (value: unknown, name: string) => T,
): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map(value, name)]))
}

function record(value: unknown, file: string, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw invalid(file, `${what} is not a table`)
}

/** One that this user may not read is another user's: `HOME` stays what it was when somebody becomes somebody else. */
function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    if (['ENOENT', 'EACCES', 'ENOTDIR'].includes(String((cause as NodeJS.ErrnoException).code))) return undefined
    throw invalid(file, `it cannot be read (${(cause as Error).message})`, cause)
  }
}

function invalid(file: string, problem: string, cause?: unknown): SluiceError {
  return new SluiceError('CONFIG_INVALID', { file, problem }, cause === undefined ? {} : { cause })
}
