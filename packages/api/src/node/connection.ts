import { nearest, SluiceError } from '@sluice/core'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { readConfigFile, type Profile } from './config-file.ts'
import { findHomeDir } from './find-home.ts'
import { runningServer } from './running-servers.ts'

/** Where a server is, and what opens it. */
export interface Connection {
  readonly url: string
  /** Further servers on the same store, when several addresses with commas between them were given. */
  readonly others?: readonly string[]
  readonly token: string | undefined
  /** How it was found: said when it does not answer. */
  readonly from: 'option' | 'environment' | 'profile' | 'home'
  /** It runs on the home at hand, and keeps its runs in a database elsewhere. */
  readonly storeElsewhere?: boolean
}

export interface ConnectionQuery {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly url?: string | undefined
  readonly token?: string | undefined
}

/**
 * The server that is meant: the one given, else `SLUICE_API_URL`, else the active profile's, else the one that runs on the home of
 * the working directory. Undefined when there is none of these. A server of this machine opens with the token of the home, so
 * that needs none given.
 *
 * @throws SluiceError `OPTION_INVALID` for an address that is none, or a profile that there is not; `CONFIG_INVALID`.
 */
export async function findConnection(query: ConnectionQuery): Promise<Connection | undefined> {
  const { env } = query
  const token = query.token ?? filled(env['SLUICE_API_TOKEN'])
  const home = findHomeDir(query.cwd, env)
  if (query.url !== undefined) return connection('option', 'url', query.url, token, home)
  const url = filled(env['SLUICE_API_URL'])
  if (url !== undefined) return connection('environment', 'SLUICE_API_URL', url, token, home)
  const profile = await activeProfile(env)
  if (profile !== undefined) return connection('profile', 'url', profile.url, profile.token ?? token, home)
  const server = runningServer(home)
  if (server === undefined) return undefined
  const storeElsewhere = server.store === 'postgres'
  return { url: server.url, token: token ?? homeToken(home), from: 'home', ...(storeElsewhere && { storeElsewhere }) }
}

/** The token that opens the servers of a home; undefined until the first server has started there. */
export function homeToken(home: string): string | undefined {
  return filled(readText(path.join(home, 'token'))?.trim())
}

/** The profile that `SLUICE_PROFILE` names, else the one that was chosen with `sluice profile use`. */
async function activeProfile(env: ConnectionQuery['env']): Promise<Profile | undefined> {
  const config = await readConfigFile(env)
  const name = filled(env['SLUICE_PROFILE']) ?? config.profile
  if (name === undefined) return undefined
  const profile = Object.hasOwn(config.profiles, name) ? config.profiles[name] : undefined
  if (profile !== undefined) return profile
  const near = nearest(name, Object.keys(config.profiles))
  const hint = near === undefined ? 'list them with npx sluice profile ls' : `did you mean '${near}'?`
  throw new SluiceError('OPTION_INVALID', { option: 'profile', problem: `there is no profile '${name}'; ${hint}` })
}

function connection(
  from: Connection['from'],
  option: string,
  text: string,
  token: string | undefined,
  home: string,
): Connection {
  const addresses = text.split(',').map((each) => addressOf(each.trim(), option))
  const [url = '', ...others] = addresses.map(({ href }) => href.replace(/\/+$/, ''))
  const ownToken = token ?? (addresses.every(isLoopback) ? homeToken(home) : undefined)
  return { url, ...(others.length > 0 && { others }), token: ownToken, from }
}

/** The address of a server. Throws `OPTION_INVALID`. */
export function addressOf(text: string, option: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new SluiceError('OPTION_INVALID', {
      option,
      problem: `'${text}' is not an address such as http://127.0.0.1:4200`,
    })
  if (url.username !== '' || url.password !== '')
    throw new SluiceError('OPTION_INVALID', { option, problem: 'the token does not belong into the address' })
  return url
}

function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

function filled(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text
}
