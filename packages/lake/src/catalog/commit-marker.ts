import type { LakeCommitEntry, LakeTableChange, NewLakeCheck, NewLakeLoad } from '@sluice/store'
import type { LakeStorage } from '../storage/lake-storage.ts'
import { markerKeyOf } from './lake-paths.ts'

/** What a marker says: that its metadata file was committed, of which table, and what the catalogue has of it beside its pointer. */
export interface CommitMarker {
  readonly table: string
  readonly commits: readonly string[]
  readonly loads: readonly NewLakeLoad[]
  readonly made?: readonly MarkedCommit[]
}

/** Who made a commit, what it read and wrote, and what checks said of the table then. */
export interface MarkedCommit extends Pick<LakeCommitEntry, 'id' | 'createdBy' | 'lineage' | 'changes'> {
  readonly run: { readonly rootId: string; readonly taskRunId: string | null } | null
  readonly checks?: readonly NewLakeCheck[]
  /** Microseconds. */
  readonly at: number
}

/**
 * Puts the marker beside a metadata file that is the current one now. The commit is made already: when this fails, a rebuild
 * lists the version as newer than the last marked one. Answers whether the marker is there.
 */
export async function putMarker(
  storage: LakeStorage,
  change: LakeTableChange,
  commits: readonly LakeCommitEntry[],
  /** Milliseconds. */
  now: number,
): Promise<boolean> {
  const made = commits.filter(({ tables }) => tables.includes(change.name))
  const marker: CommitMarker = {
    table: change.name,
    commits: made.map(({ id }) => id),
    loads: commits.flatMap((commit) => loadsOf(commit, change.id, now)),
    made: made.map((commit) => markedCommit(commit, change, now)),
  }
  return storage.put(markerKeyOf(change.metadataKey), `${JSON.stringify(marker)}\n`).then(
    () => true,
    () => false,
  )
}

function loadsOf({ loads, run }: LakeCommitEntry, tableId: string, now: number): readonly NewLakeLoad[] {
  const made = { rootId: run?.rootId ?? null, taskRunId: run?.taskRunId ?? null, at: now * 1000 }
  return loads.filter((load) => load.tableId === tableId).map((load) => Object.assign({}, load, { made }))
}

/** What a commit of several tables read is in the marker of each; it is entered once. */
function markedCommit(
  { id, createdBy, run, lineage, changes, checks }: LakeCommitEntry,
  { id: tableId, name }: LakeTableChange,
  now: number,
): MarkedCommit {
  const own = checks?.filter((check) => check.tableId === tableId) ?? []
  return {
    id,
    createdBy,
    run: run && { rootId: run.rootId, taskRunId: run.taskRunId },
    lineage: lineage.filter(({ direction, dataset }) => direction === 'read' || dataset === name),
    ...(changes && { changes: changes.filter(({ dataset }) => dataset === name) }),
    ...(own.length > 0 && { checks: own }),
    at: now * 1000,
  }
}
