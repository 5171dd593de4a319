import { SluiceError } from '@sluice/core'
import { readOwner } from '../catalog/catalog-file.ts'
import { dropMarkerKeyOf, keyOf, markerKeyOf } from '../catalog/lake-paths.ts'
import type { OpenLake } from '../table/lake.ts'
import { findTable } from '../table/write-target.ts'
import { reachableFiles } from './reachable-files.ts'

/** Whether a file is part of a table as it is now. */
export interface LiveFiles {
  /** False: the table was dropped, or never made. */
  readonly exists: boolean
  has(key: string): boolean
}

/**
 * Whether files of the lake may be deleted: not while nobody has committed anything, and not in a lake that another catalogue writes.
 * Throws `LAKE_FOREIGN_CATALOG`.
 */
export async function ownsFiles(lake: OpenLake): Promise<boolean> {
  const owner = await readOwner(lake.storage)
  if (owner !== undefined && owner !== lake.catalog.id)
    throw new SluiceError('LAKE_FOREIGN_CATALOG', { location: lake.storage.url, owner })
  return owner !== undefined
}

export interface FilesOf {
  readonly table: string
  readonly directory: string
  /** Asked for files that a writer announced: a table that it did not get to make has no other trace, and older versions had none of them. */
  readonly announced?: boolean
}

/**
 * What the table in a directory reaches now, with its metadata files; nothing when it was dropped, or never made. Undefined: it is not
 * known, so nothing may be deleted: the catalogue has no such table and nothing says why, or a rebuild would not find its last version.
 */
export async function liveFiles(
  lake: OpenLake,
  { table, directory, announced = false }: FilesOf,
): Promise<LiveFiles | undefined> {
  const { storage } = lake
  const found = await findTable(lake.catalog, table)
  if (found?.pointer.directory !== directory) {
    const isGone = announced || (await storage.head(dropMarkerKeyOf(directory))) !== undefined
    return isGone ? { exists: false, has: (key) => key === dropMarkerKeyOf(directory) } : undefined
  }
  const { pointer, metadata } = found
  const isMarked = announced || (await storage.head(markerKeyOf(pointer.metadataKey))) !== undefined
  if (!isMarked) return undefined
  const place = { location: metadata.location, directory }
  const live = new Set((await reachableFiles(lake, place, metadata.snapshots ?? [])).keys())
  live.add(pointer.metadataKey)
  for (const entry of metadata['metadata-log'] ?? []) live.add(keyOf(storage, place, entry['metadata-file']))
  // Markers are never in a plan of what versions reached: they have the ledger of loads.
  return { exists: true, has: (key) => live.has(key) || key.endsWith('.committed') }
}
