import { isSluiceError, SluiceError } from '@sluice/core'
import type { LakeStorage } from '../storage/lake-storage.ts'
import { lakeFile } from './lake-paths.ts'

const textOf = (id: string): string => `${JSON.stringify({ format: 1, catalog: id })}\n`

/** The id of the catalogue that a lake belongs to; undefined: nobody has written there. Throws `LAKE_METADATA_INVALID`. */
export async function readOwner(storage: LakeStorage): Promise<string | undefined> {
  try {
    const read: unknown = JSON.parse(new TextDecoder().decode(await storage.get(lakeFile)))
    if (typeof read === 'object' && read !== null && 'catalog' in read && typeof read.catalog === 'string')
      return read.catalog
  } catch (error) {
    if (isSluiceError(error, 'LAKE_FILE_NOT_FOUND')) return undefined
    if (isSluiceError(error)) throw error
  }
  throw new SluiceError('LAKE_METADATA_INVALID', { file: lakeFile, problem: 'it names no catalogue' })
}

/**
 * Makes sure that this catalogue may write the lake: it is its own, or nobody's. Throws `LAKE_FOREIGN_CATALOG`, and
 * `LAKE_FILE_NOT_FOUND` when a catalogue that has tables finds an empty place: then this is not where its files are.
 */
export async function requireOwnLake(
  storage: LakeStorage,
  id: string,
  hasTables: () => Promise<boolean>,
): Promise<void> {
  const owner = (await readOwner(storage)) ?? (await claim(storage, id, hasTables))
  if (owner !== id) throw new SluiceError('LAKE_FOREIGN_CATALOG', { location: storage.url, owner })
}

async function claim(storage: LakeStorage, id: string, hasTables: () => Promise<boolean>): Promise<string | undefined> {
  if (await hasTables()) throw new SluiceError('LAKE_FILE_NOT_FOUND', { key: lakeFile, location: storage.url })
  try {
    await storage.put(lakeFile, textOf(id), { ifAbsent: true })
    return id
  } catch (error) {
    if (!isSluiceError(error, 'LAKE_FILE_EXISTS')) throw error
    return readOwner(storage)
  }
}

/** Takes the lake over, from whomever. */
export async function writeOwner(storage: LakeStorage, id: string): Promise<void> {
  await storage.put(lakeFile, textOf(id))
}
