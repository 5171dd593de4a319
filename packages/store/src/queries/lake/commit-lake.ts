import type {
  LakeCommitEntry,
  LakeReceipt,
  LakeTableChange,
  LakeTransaction,
  LakeTransactionResult,
} from '../../lake-store.ts'
import type { Steps } from '../../statement.ts'
import { emitEvents } from '../events/emit-events.ts'
import { recordLakeChecks } from './lake-checks.ts'
import { endLoadIncidents, openLakeIncident } from './lake-incidents.ts'
import { enterFiles } from './enter-files.ts'
import { enterLineage } from './enter-lineage.ts'
import { enterLoads } from './enter-loads.ts'
import { findLakeCommits } from './find-lake-commits.ts'
import { changeTable } from './move-pointer.ts'
import { requireLeases } from './lake-tickets.ts'
import { rememberCommits, requireOwners } from './remember-lake-commits.ts'
import { releaseWriters, requireWriters } from './writer-fence.ts'

/**
 * {@link LakeStore.commitLake}. Locks in this order, so that nobody waits in a circle: ids of commits, writers, runs, leases, tables by name.
 * Everything that can refuse comes with an error, which undoes the rest.
 */
export function* commitLake(workspace: string, { commits, tables }: LakeTransaction): Steps<LakeTransactionResult> {
  const changes = tables.toSorted((one, other) => (one.name < other.name ? -1 : 1))
  if (!(yield* rememberCommits(workspace, commits, (commit) => receiptOf(commit, changes))))
    return { tables: [], repeated: yield* findLakeCommits(commits.map(({ id }) => id)) }
  const writers = yield* requireWriters(workspace, commits)
  yield* requireOwners(commits)
  yield* requireLeases(workspace, commits)
  const moved = []
  for (const change of changes) moved.push(yield* changeTable(workspace, change, makerOf(change, commits)))
  for (const commit of commits) {
    yield* enterLoads(commit)
    yield* enterLineage(workspace, commit)
    yield* enterFindings(workspace, commit)
    yield* emitUpdates(workspace, commit)
    yield* enterFiles(workspace, commit.files ?? [])
  }
  yield* releaseWriters(writers)
  return { tables: moved, repeated: [] }
}

/** Who waits for a dataset hears of it if, and only if, it moved. */
function* emitUpdates(workspace: string, { run, updates = [] }: LakeCommitEntry): Steps<void> {
  const rootId = run?.rootId ?? null
  yield* emitEvents(
    updates.map(({ id, dataset, payload }) => ({
      id,
      workspace,
      name: 'dataset.updated',
      key: dataset,
      rootId,
      payload,
    })),
  )
}

/** What checks said, what went wrong, and what is well again. */
function* enterFindings(
  workspace: string,
  { run, checks, incidents = [], resolved = [] }: LakeCommitEntry,
): Steps<void> {
  const rootId = run?.rootId ?? null
  if (checks !== undefined) yield* recordLakeChecks(checks, rootId)
  for (const incident of incidents) yield* openLakeIncident(workspace, incident, rootId)
  for (const end of resolved) yield* endLoadIncidents(workspace, end)
}

/** What will be there once the transaction is done: the receipt is written with the id, before. */
function receiptOf(commit: LakeCommitEntry, changes: readonly LakeTableChange[]): LakeReceipt['tables'] {
  return changes
    .filter(({ name }) => commit.tables.includes(name))
    .map(({ id, name, directory, metadataKey, expectedVersion, firstVersion = 1 }) => {
      return { id, name, directory, metadataKey, version: expectedVersion === 0 ? firstVersion : expectedVersion + 1 }
    })
}

function makerOf({ name }: LakeTableChange, commits: readonly LakeCommitEntry[]): string {
  return commits.find(({ tables }) => tables.includes(name))?.createdBy ?? ''
}
