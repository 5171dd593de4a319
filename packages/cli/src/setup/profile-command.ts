import { addressOf, type ConfigFile, findConnection, readConfigFile, writeConfigFile } from '@sluice/api/node'
import { nearest, SluiceError } from '@sluice/core'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { exitCodes } from '../exit-code.ts'
import type { CliIo } from '../io.ts'
import { cell, showList, showOne } from '../output/show-list.ts'

interface Flags {
  readonly json: boolean
}

interface Told {
  readonly name: string
  readonly url: string
  /** Whether it has a token; never the token. */
  readonly token: boolean
  readonly active: boolean
}

/** `sluice profile ls` */
export async function listProfiles(flags: Flags, io: CliIo): Promise<number> {
  const config = await readConfigFile(io.env)
  const view = {
    columns: [{ title: 'PROFILE' }, { title: 'SERVER', give: 1 }, { title: 'TOKEN' }],
    row: (profile: Told) => [
      cell(`${profile.active ? '* ' : '  '}${profile.name}`, profile.active ? 'bold' : undefined),
      cell(profile.url),
      cell(profile.token ? 'yes' : 'none'),
    ],
    empty:
      'There are no profiles: commands work on the project at hand. Add one: npx sluice profile set <name> --url <url>',
  }
  return showList(
    Object.keys(config.profiles).map((name) => told(config, name)),
    view,
    flags.json,
    io,
  )
}

/** `sluice profile use <name>`, or without a name: none, so the project at hand again. */
export async function useProfile(name: string | undefined, flags: Flags, io: CliIo): Promise<number> {
  const config = await readConfigFile(io.env)
  const { profile: _, ...others } = config
  if (name !== undefined) requireProfile(config, name)
  await writeConfigFile(io.env, name === undefined ? others : { ...others, profile: name })
  const url = name === undefined ? undefined : config.profiles[name]?.url
  const text = name === undefined ? 'Commands work on the project at hand.' : `Commands work on ${name}, ${url}.`
  return showOne({ profile: name ?? null }, () => [text], flags.json, io)
}

/** `sluice profile set <name>`: new, or changed. The token comes from a prompt, standard input or a file. */
export async function setProfile(
  name: string,
  flags: Flags & { readonly url?: string | undefined; readonly token?: string | undefined },
  io: CliIo,
): Promise<number> {
  const config = await readConfigFile(io.env)
  const before = Object.hasOwn(config.profiles, name) ? config.profiles[name] : undefined
  const url = flags.url === undefined ? before?.url : addressOf(flags.url, '--url').href.replace(/\/+$/, '')
  if (url === undefined)
    throw new SluiceError('OPTION_INVALID', {
      option: '--url',
      problem: 'a new profile needs the address of its server',
    })
  const token = (await tokenOf(flags.token, before === undefined, io)) ?? before?.token
  const profiles = { ...config.profiles, [name]: token === undefined || token === '' ? { url } : { url, token } }
  const after = { ...config, profiles }
  await writeConfigFile(io.env, after)
  return showOne(
    told(after, name),
    () => [`Profile ${name} is ${url}. Work on it: npx sluice profile use ${name}`],
    flags.json,
    io,
  )
}

/** `sluice profile rm <name>` */
export async function removeProfile(name: string, io: CliIo): Promise<number> {
  const config = await readConfigFile(io.env)
  requireProfile(config, name)
  const { [name]: _, ...profiles } = config.profiles
  const { profile, ...others } = config
  await writeConfigFile(io.env, {
    ...others,
    profiles,
    ...(profile === undefined || profile === name ? {} : { profile }),
  })
  io.stdout.write(`Profile ${name} is gone.\n`)
  return exitCodes.ok
}

/** `sluice profile show`: which server commands talk to now, and why. */
export async function showProfile(flags: Flags, io: CliIo): Promise<number> {
  const found = await findConnection({ cwd: io.cwd, env: io.env })
  const value = found === undefined ? null : { url: found.url, from: found.from, token: found.token !== undefined }
  const text =
    value === null
      ? 'No server: commands work on the store of the project at hand.'
      : `${value.url} (from ${value.from})`
  return showOne(value, () => [text], flags.json, io)
}

async function tokenOf(given: string | undefined, ask: boolean, io: CliIo): Promise<string | undefined> {
  if (given === undefined) return ask ? io.askSecret('API token (empty for none)') : undefined
  if (given === '-') return (await io.readInput()).trim()
  if (given.startsWith('@')) return readToken(path.resolve(io.cwd, given.slice(1)))
  throw new SluiceError('OPTION_INVALID', {
    option: '--token',
    problem: "a command line is seen by others: write '-' and give it on standard input, or @file",
  })
}

function readToken(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (cause) {
    throw new SluiceError('FILE_NOT_FOUND', { file }, { cause })
  }
}

function requireProfile(config: ConfigFile, name: string): void {
  if (Object.hasOwn(config.profiles, name)) return
  const near = nearest(name, Object.keys(config.profiles))
  const problem = near === undefined ? 'list them with npx sluice profile ls' : `did you mean '${near}'?`
  throw new SluiceError('OPTION_INVALID', { option: 'profile', problem: `there is no profile '${name}'; ${problem}` })
}

function told(config: ConfigFile, name: string): Told {
  const profile = config.profiles[name]
  return { name, url: profile?.url ?? '', token: profile?.token !== undefined, active: config.profile === name }
}
