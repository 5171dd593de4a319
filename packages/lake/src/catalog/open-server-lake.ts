import { existsSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { SluiceError } from '@sluice/core'
import type { LakeStorage } from '../storage/lake-storage.ts'
import { openLocalStorage } from '../storage/local-storage.ts'
import { readOwner } from './catalog-file.ts'
import { type CatalogStore, type EmbeddedCatalog, openEmbeddedCatalog } from './embedded-catalog.ts'
import { lakeFile } from './lake-paths.ts'
import { type LakeClient, type OpenedHttpCatalog, openHttpCatalog } from './http-catalog.ts'

/** The lake of a home. */
export interface OpenedLake {
  readonly catalog: EmbeddedCatalog
  readonly storage: LakeStorage
}

/** Opens the lake in the directory of a home: its catalogue in the home's store, its files in `lake`. */
export async function openHomeLake(home: { readonly dir: string; readonly store: CatalogStore }): Promise<OpenedLake> {
  const storage = await openLocalStorage(path.join(home.dir, 'lake'))
  return { storage, catalog: await openEmbeddedCatalog(home.store, storage) }
}

/**
 * Opens the lake of the server for one run. Throws `LAKE_STORAGE_UNAVAILABLE` when this machine does not have the server's files:
 * a directory that both have is needed, or a bucket.
 */
export async function openServerLake(client: LakeClient, rootId: string): Promise<OpenedHttpCatalog> {
  const opened = await openHttpCatalog(client, rootId, { openStorage: openThere })
  if ((await readOwner(opened.storage)) !== opened.catalog.id) throw elsewhere(opened.storage.url)
  return opened
}

async function openThere(url: string): Promise<LakeStorage> {
  const directory = pathOf(url)
  // Nothing is made here: an empty directory would look like an empty lake.
  if (!existsSync(path.join(directory, lakeFile))) throw elsewhere(url)
  return openLocalStorage(directory)
}

function elsewhere(location: string): SluiceError {
  const reason = 'this machine does not have the directory of the server'
  return new SluiceError('LAKE_STORAGE_UNAVAILABLE', { location, reason })
}

/** URLs of the lake are not percent-encoded. */
function pathOf(url: string): string {
  if (!url.startsWith('file://'))
    throw new SluiceError('LAKE_STORAGE_UNAVAILABLE', { location: url, reason: 'it is no directory' })
  return fileURLToPath(`file://${encodeURI(url.slice('file://'.length)).replaceAll('#', '%23').replaceAll('?', '%3F')}`)
}
