import { existsSync } from 'node:fs'
import path from 'node:path'
import { isSluiceError, SluiceError } from '@sluice/core'
import type { RunHome } from '@sluice/engine'
import { cacheBudget, homePlace, type LakePlace, mayHaveLake, placeAt, requiresOwner } from '../storage/lake-place.ts'
import type { LakeStorage } from '../storage/lake-storage.ts'
import { openStorage } from '../storage/open-storage.ts'
import { readOwner } from './catalog-file.ts'
import { type CatalogStore, type EmbeddedCatalog, openEmbeddedCatalog } from './embedded-catalog.ts'
import { lakeFile } from './lake-paths.ts'
import { type LakeClient, type OpenedHttpCatalog, openHttpCatalog } from './http-catalog.ts'

/** The lake of a home. */
export interface OpenedLake {
  readonly catalog: EmbeddedCatalog
  readonly storage: LakeStorage
  /** The URL by which other processes open the same storage. */
  readonly location: string
}

/** What the lake needs of a home. */
export interface LakeHome extends Partial<Pick<RunHome, 'project' | 'saved'>> {
  readonly dir: string
  readonly store: CatalogStore
}

/**
 * Opens the lake of a home: its catalogue in the home's store, its files where `SLUICE_LAKE_URL` or the project says, else in the
 * home's directory `lake`. Throws `LAKE_STORAGE_UNKNOWN`, and what opening a storage throws.
 */
export async function openHomeLake(home: LakeHome): Promise<OpenedLake> {
  const place = homePlace(home, process.env)
  const storage = await openStorage(place, {
    project: home.project,
    directory: path.join(home.dir, 'cache', 'lake'),
    budget: cacheBudget(home, process.env),
    block: home.saved && ((kind, name) => home.saved?.block(kind, name) ?? Promise.resolve({})),
  })
  const catalog = await openEmbeddedCatalog(home.store, storage, { requireOwner: requiresOwner(home) })
  return { storage, location: place.location, catalog }
}

/**
 * Makes sure that the tables of a home are looked for where they are: a process that was not told of the bucket would take an empty
 * directory for the lake. Throws `LAKE_STORAGE_UNKNOWN`.
 */
export async function requireHomeTables(home: LakeHome, storage?: LakeStorage): Promise<void> {
  if ((await home.store.listLakeTables({ limit: 1 })).items.length === 0) return
  if (storage && (await storage.head(lakeFile)) !== undefined) return
  const location = storage?.url ?? homePlace(home, process.env).location
  const problem = 'this home has tables, and their files are not there'
  throw new SluiceError('LAKE_STORAGE_UNKNOWN', { location, problem })
}

/** True when a home may have a lake: a directory that is there, or a bucket. */
export function homeMayHaveLake(home: Pick<LakeHome, 'dir' | 'project'>): boolean {
  return mayHaveLake(home, process.env)
}

/**
 * Opens the lake of the server for one run: in a directory that both machines have, or in a bucket, with this machine's credentials or
 * those of the block that its URL names. Throws `LAKE_STORAGE_UNAVAILABLE` when the files of the server are not there.
 */
export async function openServerLake(
  client: LakeClient,
  rootId: string,
  home: Pick<RunHome, 'project' | 'saved'>,
): Promise<OpenedHttpCatalog> {
  const opened = await openHttpCatalog(client, rootId, { openStorage: (url) => openThere(placeAt(url), home) })
  if ((await readOwner(opened.storage)) !== opened.catalog.id) throw elsewhere(opened.storage.url)
  return opened
}

async function openThere(
  place: LakePlace,
  { project, saved }: Pick<RunHome, 'project' | 'saved'>,
): Promise<LakeStorage> {
  // Nothing is made here: an empty directory would look like an empty lake.
  if (place.kind === 'directory' && !existsSync(path.join(place.directory, lakeFile))) throw elsewhere(place.location)
  const budget = cacheBudget(undefined, process.env)
  const block = (kind: string, name: string): ReturnType<typeof saved.block> => saved.block(kind, name)
  return openStorage(place, { project, directory: undefined, budget, block })
}

function elsewhere(location: string): SluiceError {
  const reason = 'this machine does not have the files of the server'
  return new SluiceError('LAKE_STORAGE_UNAVAILABLE', { location, reason })
}

/** What {@link lookAtLake} finds. */
export interface LakeLook {
  readonly location: string
  /** What is not as it must be; undefined: nothing. */
  readonly problem: string | undefined
}

/**
 * Looks whether the lake of a home can be read and written, and whether its storage keeps the one promise that every commit relies on:
 * that a file which is there is not written over. Throws what opening the lake throws.
 */
export async function lookAtLake(home: LakeHome, newId: () => string): Promise<LakeLook> {
  const { storage, catalog, location } = await openHomeLake(home)
  await using _storage = storage
  const owner = await readOwner(storage)
  if (owner !== undefined && owner !== catalog.id)
    return { location, problem: 'it belongs to another home: npx sluice lake adopt takes it over' }
  const key = `doctor-${newId()}`
  await storage.put(key, 'looked at', { ifAbsent: true })
  try {
    await storage.put(key, 'written over', { ifAbsent: true })
    return { location, problem: 'its store ignores conditional writes: two writers could write one file' }
  } catch (error) {
    if (!isSluiceError(error, 'LAKE_FILE_EXISTS')) throw error
    return { location, problem: undefined }
  } finally {
    await storage.delete([key])
  }
}
