import type { LakeCommitEntry, LakeTableChange, NewLakeLoad } from '@sluice/store'
import type { LakeStorage } from '../storage/lake-storage.ts'
import { markerKeyOf } from './lake-paths.ts'

/** What a marker says: that its metadata file was committed, of which table, and what the ledger of loads has of it. */
export interface CommitMarker {
  readonly table: string
  readonly commits: readonly string[]
  readonly loads: readonly NewLakeLoad[]
}

/**
 * Puts the marker beside a metadata file that is the current one now. The commit is made already: when this fails, a rebuild
 * lists the version as newer than the last marked one. Answers whether the marker is there.
 */
export async function putMarker(
  storage: LakeStorage,
  change: LakeTableChange,
  commits: readonly LakeCommitEntry[],
): Promise<boolean> {
  const marker: CommitMarker = {
    table: change.name,
    commits: commits.filter(({ tables }) => tables.includes(change.name)).map(({ id }) => id),
    loads: commits.flatMap(({ loads }) => loads).filter(({ tableId }) => tableId === change.id),
  }
  return storage.put(markerKeyOf(change.metadataKey), `${JSON.stringify(marker)}\n`).then(
    () => true,
    () => false,
  )
}
