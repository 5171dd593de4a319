import { isSluiceError, SluiceError } from '@sluice/core'
import type { LakeStorage } from '../storage/lake-storage.ts'

/**
 * Files that are to be deleted, written down before anything else is done: a crash between is made good by whoever finds this. They are
 * deleted when the grace is over, and then only those that no version of the table reaches.
 */
export interface PlannedDeletion {
  /** Where this is written. */
  readonly key: string
  readonly table: string
  readonly tableId: string
  readonly directory: string
  /** Milliseconds since 1970. */
  readonly at: number
  readonly files: readonly string[]
  /** Of a table that is dropped: all that is in its directory by then. */
  readonly dropped?: boolean
}

/** No namespace begins with an underscore. */
const root = '_upkeep/'

/** Throws `LAKE_STORAGE_UNAVAILABLE`. */
export async function writeDeletion(
  storage: LakeStorage,
  id: string,
  deletion: Omit<PlannedDeletion, 'key'>,
): Promise<PlannedDeletion> {
  const key = `${root}${deletion.directory}/${id}.deletion.json`
  await storage.put(key, `${JSON.stringify(deletion)}\n`, { ifAbsent: true })
  return { ...deletion, key }
}

/** Of one table's directory, or of all; oldest first. */
export async function plannedDeletions(storage: LakeStorage, directory?: string): Promise<readonly PlannedDeletion[]> {
  const found: PlannedDeletion[] = []
  for await (const { key } of storage.list(directory === undefined ? root : `${root}${directory}/`)) {
    const deletion = key.endsWith('.deletion.json') ? await readDeletion(storage, key) : undefined
    if (deletion) found.push(deletion)
  }
  return found.toSorted((one, other) => one.at - other.at)
}

/** Undefined: somebody else has just finished it. */
async function readDeletion(storage: LakeStorage, key: string): Promise<PlannedDeletion | undefined> {
  try {
    const text = new TextDecoder().decode(await storage.get(key))
    return { ...(JSON.parse(text) as Omit<PlannedDeletion, 'key'>), key }
  } catch (cause) {
    if (isSluiceError(cause, 'LAKE_FILE_NOT_FOUND')) return undefined
    if (isSluiceError(cause)) throw cause
    throw new SluiceError('LAKE_METADATA_INVALID', { file: key, problem: 'it is not JSON' }, { cause })
  }
}
