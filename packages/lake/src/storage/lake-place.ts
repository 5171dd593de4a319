import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { SluiceError } from '@sluice/core'
import { parseBytes } from './bytes-text.ts'
import { fileUrlOf, pathOfFileUrl } from './file-url.ts'

type Env = Readonly<Record<string, string | undefined>>

/** What is known of a home by those who look for its lake. */
export interface PlaceHome {
  /** The `.sluice` directory. */
  readonly dir: string
  /** The project's root: its `package.json` may say where the lake is. */
  readonly project?: string
}

/** A lake in a directory, or in a bucket. */
export type LakePlace = DirectoryPlace | BucketPlace

export interface DirectoryPlace {
  readonly kind: 'directory'
  /** As it is told to other processes. */
  readonly location: string
  readonly directory: string
}

export interface BucketPlace {
  readonly kind: 'bucket'
  readonly location: string
  readonly scheme: BucketScheme
  readonly bucket: string
  readonly prefix: string
  /** The name of the block with the credentials. */
  readonly block: string | undefined
  /** What else the URL says: `endpoint`, `region`. */
  readonly options: Readonly<Record<string, string>>
}

export type BucketScheme = 's3' | 'gs'

/** What the URL of a bucket may say. Credentials are none of it: URLs are printed. */
const optionsOf: Readonly<Record<BucketScheme, readonly string[]>> = {
  s3: ['block', 'endpoint', 'region', 'forcePathStyle', 'timeout'],
  gs: ['block', 'endpoint', 'timeout'],
}

/** What `package.json` says under `sluice.lake`. */
interface LakeConfig {
  readonly url?: string
  readonly cache?: string
  readonly requireOwner?: boolean
}

const defaultCache = '10GB'

/**
 * Where the lake of a home is: `SLUICE_LAKE_URL`, else `sluice.lake.url` in the project's `package.json`, else the directory `lake` in
 * the home. Throws `LAKE_STORAGE_UNKNOWN`, `CONFIG_INVALID`.
 */
export function homePlace(home: PlaceHome, env: Env): LakePlace {
  const url = filled(env['SLUICE_LAKE_URL']) ?? configOf(home).url
  if (url !== undefined) return placeAt(url)
  const directory = path.join(home.dir, 'lake')
  return { kind: 'directory', location: fileUrlOf(directory), directory }
}

/** Bytes that the cache of a bucket may have: `SLUICE_LAKE_CACHE_SIZE`, else `sluice.lake.cache`, else 10 GB. */
export function cacheBudget(home: PlaceHome | undefined, env: Env): number {
  const given = filled(env['SLUICE_LAKE_CACHE_SIZE'])
  if (given !== undefined) return parseBytes(given, 'SLUICE_LAKE_CACHE_SIZE')
  return parseBytes((home && configOf(home).cache) ?? defaultCache, 'sluice.lake.cache')
}

/** Whether tables without an owner are refused: `sluice.lake.requireOwner` in the project's `package.json`. */
export function requiresOwner(home: PlaceHome): boolean {
  return configOf(home).requireOwner === true
}

/** True when there may be a lake: looking makes none. */
export function mayHaveLake(home: PlaceHome, env: Env): boolean {
  const place = homePlace(home, env)
  return place.kind === 'bucket' || existsSync(place.directory)
}

/** Throws `LAKE_STORAGE_UNKNOWN` for what is no URL of a lake. */
export function placeAt(location: string): LakePlace {
  if (location.startsWith('file:///')) return { kind: 'directory', location, directory: pathOfFileUrl(location) }
  const url = URL.parse(location)
  const scheme = url?.protocol.slice(0, -1)
  if (!url || (scheme !== 's3' && scheme !== 'gs')) throw unknown(location, 'it is no URL that Sluice knows')
  if (url.username !== '' || url.password !== '')
    throw unknown(
      `${scheme}://${url.host}`,
      'credentials are not part of a URL; keep them in a block, and write ?block=its-name',
    )
  if (url.host === '') throw unknown(location, 'it names no bucket')
  const known = optionsOf[scheme]
  const { block, ...options } = Object.fromEntries(url.searchParams)
  const wrong = [...url.searchParams.keys()].find((name) => !known.includes(name))
  if (wrong !== undefined)
    throw unknown(`${scheme}://${url.host}`, `the URL may not say '${wrong}', only ${known.join(', ')}`)
  const prefix = decodeURIComponent(url.pathname).replaceAll(/^\/+|\/+$/g, '')
  return { kind: 'bucket', location, scheme, bucket: url.host, prefix, block, options }
}

function configOf({ project }: PlaceHome): LakeConfig {
  const file = project === undefined ? undefined : path.join(project, 'package.json')
  if (file === undefined || !existsSync(file)) return {}
  const refuse = (problem: string): never => {
    throw new SluiceError('CONFIG_INVALID', { file, problem })
  }
  const given = lakeIn(readFileSync(file, 'utf8'))
  if (given === undefined) return {}
  if (typeof given !== 'object' || given === null) return refuse("'sluice.lake' must be an object")
  for (const [name, value] of Object.entries(given)) {
    const type = name === 'requireOwner' ? 'boolean' : name === 'url' || name === 'cache' ? 'string' : undefined
    if (type === undefined) refuse(`'sluice.lake.${name}' is not known; there are url, cache, requireOwner`)
    if (typeof value !== type) refuse(`'sluice.lake.${name}' must be ${type === 'string' ? 'text' : 'true or false'}`)
  }
  return given
}

/** A file that is no JSON is the business of whoever installs packages. */
function lakeIn(text: string): unknown {
  try {
    return (JSON.parse(text) as { readonly sluice?: { readonly lake?: unknown } }).sluice?.lake
  } catch {
    return undefined
  }
}

const filled = (text: string | undefined): string | undefined => (text === '' ? undefined : text)

const unknown = (location: string, problem: string): SluiceError =>
  new SluiceError('LAKE_STORAGE_UNKNOWN', { location, problem })
