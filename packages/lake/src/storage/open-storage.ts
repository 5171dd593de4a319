import { createRequire } from 'node:module'
import { homedir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Bucket, type Json, SluiceError } from '@sluice/core'
import { openBucketStorage } from './bucket-storage.ts'
import type { BucketPlace, BucketScheme, LakePlace } from './lake-place.ts'
import type { LakeStorage } from './lake-storage.ts'
import { openLocalStorage } from './local-storage.ts'

/** What opening the files of a lake needs of where it is done. */
export interface StorageSurroundings {
  /** The project's root: integrations may be installed there only. */
  readonly project: string | undefined
  /** For the cache of a bucket, and for files on their way. Default: the user's cache directory. */
  readonly directory: string | undefined
  /** In bytes. */
  readonly budget: number
  /** The fields of a saved block, secret ones in the clear. */
  readonly block: ((kind: string, name: string) => Promise<Readonly<Record<string, Json>>>) | undefined
}

/** The integration of each kind of bucket, and the kind of block that has its credentials. */
const integrations: Readonly<Record<BucketScheme, { readonly name: string; readonly block: string }>> = {
  s3: { name: '@sluice/aws', block: 'S3Bucket' },
  gs: { name: '@sluice/gcp', block: 'GcsBucket' },
}

/** What an integration exports. */
interface BucketModule {
  openBucket(
    bucket: string,
    options: Readonly<Record<string, string>>,
    fields?: Readonly<Record<string, unknown>>,
  ): Bucket
}

/** Throws `LAKE_STORAGE_UNKNOWN` when the integration is not installed, and what opening a block throws. */
export async function openStorage(place: LakePlace, around: StorageSurroundings): Promise<LakeStorage> {
  if (place.kind === 'directory') return openLocalStorage(place.directory)
  const { prefix } = place
  const directory = around.directory ?? userCache()
  return openBucketStorage(await openBucket(place, around), { prefix, directory, budget: around.budget })
}

async function openBucket(
  { scheme, bucket, block, options }: BucketPlace,
  around: StorageSurroundings,
): Promise<Bucket> {
  const integration = integrations[scheme]
  const module = await load(integration.name, around.project)
  if (block === undefined) return module.openBucket(bucket, options)
  const name = block.replace(`${integration.block}/`, '')
  if (around.block === undefined) throw new SluiceError('BLOCK_NOT_FOUND', { block: `${integration.block}/${name}` })
  return module.openBucket(bucket, options, await around.block(integration.block, name))
}

/** From where Sluice is installed, else from the project: package managers may keep the two apart. */
async function load(name: string, project: string | undefined): Promise<BucketModule> {
  try {
    return (await import(name)) as BucketModule
  } catch (error) {
    if (!isMissing(error)) throw error
  }
  try {
    const found = createRequire(path.join(project ?? process.cwd(), 'package.json')).resolve(name)
    return (await import(pathToFileURL(found).href)) as BucketModule
  } catch (cause) {
    if (!isMissing(cause)) throw cause
    const problem = `${name} is not installed; run: npm install ${name}`
    throw new SluiceError('LAKE_STORAGE_UNKNOWN', { problem }, { cause })
  }
}

function isMissing(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : ''
  return code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND'
}

/** A worker's run has no home of its own. */
function userCache(): string {
  const { XDG_CACHE_HOME: given } = process.env
  return path.join(given !== undefined && given !== '' ? given : path.join(homedir(), '.cache'), 'sluice', 'lake')
}
