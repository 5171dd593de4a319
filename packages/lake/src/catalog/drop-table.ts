import { SluiceError } from '@sluice/core'
import type { LakeStore } from '@sluice/store'
import type { LakeStorage } from '../storage/lake-storage.ts'
import type { TablePointer } from './lake-catalog.ts'
import { dropMarkerKeyOf, requireTableName } from './lake-paths.ts'

/** What the marker of a dropped table says. */
export interface DropMarker {
  readonly table: string
  /** The last version of the table that the drop knows of: a commit after it, and the table was not dropped. */
  readonly version: number
}

/** So many commits may come in between. */
const mostLosses = 200

/**
 * Takes a table out of the catalogue; its files stay. The marker in the storage is there before: whoever rebuilds the catalogue finds a
 * table that was dropped, or one that was just about to be and has no version since.
 *
 * Throws `TABLE_NOT_FOUND`, `LAKE_COMMIT_CONFLICT`.
 */
export async function dropTable(
  { store, storage }: { readonly store: LakeStore; readonly storage: LakeStorage },
  name: string,
): Promise<TablePointer> {
  for (let losses = 0; losses <= mostLosses; losses += 1) {
    const found = await store.findLakeTable(requireTableName(name))
    if (found === undefined) throw new SluiceError('TABLE_NOT_FOUND', { table: name })
    const { id, directory, metadataKey, version } = found
    const marker: DropMarker = { table: name, version }
    await storage.put(dropMarkerKeyOf(directory), `${JSON.stringify(marker)}\n`)
    if (await store.dropLakeTable(id, version)) return { id, name, directory, metadataKey, version }
  }
  throw new SluiceError('LAKE_COMMIT_CONFLICT', { table: name, reason: 'it is written all the time' })
}
