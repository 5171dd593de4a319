import { decodeLakeLineage, type LakeLineageRow } from '../../codec/lake-codec.ts'
import { plainText } from '../../codec/text.ts'
import { decodeUpstream } from '../../codec/upstream-column.ts'
import { type LakeLineageRecord, type LakeLineageStep, placeOfReads } from '../../lake-store.ts'
import { bothTexts, listed, listOf, type Query, query, rowsOf, type Steps } from '../../statement.ts'

/** So many of the newest reads or writes of a dataset say where it comes from, and goes to. */
const mostLooked = 500
/** So many tasks are looked at between the one that read and the one that wrote. */
const mostTasks = 2_000

const columns = 'commit_id, direction, dataset, snapshot_id, root_id, task_run_id, detail, at'

/** A range of `lake_lineage_dataset`, from its end. No lock. */
const selectOfDataset: Query<[workspace: string, dataset: string, direction: string, limit: number], LakeLineageRow> =
  query(
    'trace-lake-dataset',
    `select ${columns} from lake_lineage where workspace = $1 and dataset = $2 and direction = $3
    order by at desc limit $4`,
  )

/** Ranges of the primary key. No lock. */
const selectOfCommits: Query<[commits: string, direction: string], LakeLineageRow> = query(
  'trace-lake-commits',
  bothTexts(
    (dialect) => `select ${columns} from lake_lineage where commit_id in ${listed('$1')[dialect]} and direction = $2`,
  ),
)

/** Ranges of `lake_lineage_run`. No lock. */
const selectWritesOfRuns: Query<[roots: string], LakeLineageRow> = query('trace-lake-runs', {
  sqlite: `select ${columns} from lake_lineage where root_id in ${listed('$1').sqlite} and direction = 'write'`,
  postgres: `select ${columns} from lake_lineage
    where root_id in (select cast(json_array_elements_text(cast($1 as json)) as uuid)) and direction = 'write'`,
})

/** Rows by primary key. No lock. */
const selectUpstream: Query<[ids: string], { id: string; upstream: string | null }> = query('trace-task-upstream', {
  sqlite: `select id, upstream from task_run where id in ${listed('$1').sqlite}`,
  postgres: `select id, upstream from task_run
    where id in (select cast(json_array_elements_text(cast($1 as json)) as uuid))`,
})

/**
 * {@link LakeStore.traceLakeLineage}: one step. What a commit wrote was made from what it read itself, from what its task read, and from
 * what those tasks read whose results its task was given.
 */
export function* traceLineage(
  workspace: string,
  dataset: string,
  direction: 'upstream' | 'downstream',
): Steps<readonly LakeLineageStep[]> {
  const own = direction === 'upstream' ? 'write' : 'read'
  const rows = yield* rowsOf(selectOfDataset(workspace, plainText(dataset), own, mostLooked))
  const found = rows.map(decodeLakeLineage)
  if (found.length === 0) return []
  return direction === 'upstream' ? yield* sourcesOf(found) : yield* usesOf(found)
}

function* sourcesOf(writes: readonly LakeLineageRecord[]): Steps<readonly LakeLineageStep[]> {
  const given = yield* tasksBefore(writes.flatMap(({ taskRunId }) => taskRunId ?? []))
  const commits = new Set(writes.flatMap((write) => placesOf(write, given)))
  const reads = (yield* rowsOf(selectOfCommits(listOf([...commits]), 'read'))).map(decodeLakeLineage)
  const byCommit = Map.groupBy(reads, ({ commitId }) => commitId)
  return writes.flatMap((write) =>
    placesOf(write, given).flatMap((place) => (byCommit.get(place) ?? []).map((read) => ({ read, write }))),
  )
}

function* usesOf(reads: readonly LakeLineageRecord[]): Steps<readonly LakeLineageStep[]> {
  const commits = [...new Set(reads.map(({ commitId }) => commitId))]
  const inCommits = (yield* rowsOf(selectOfCommits(listOf(commits), 'write'))).map(decodeLakeLineage)
  const roots = [...new Set(reads.flatMap(({ rootId, commitId }) => (isPlace(commitId) ? (rootId ?? []) : [])))]
  const inRuns = (yield* rowsOf(selectWritesOfRuns(listOf(roots)))).map(decodeLakeLineage)
  const given = yield* tasksBefore(inRuns.flatMap(({ taskRunId }) => taskRunId ?? []))
  const writes = new Map([...inCommits, ...inRuns].map((write) => [keyOf(write), write]))
  const byPlace = new Map<string, LakeLineageRecord[]>()
  for (const write of writes.values()) {
    for (const place of placesOf(write, given)) byPlace.set(place, [...(byPlace.get(place) ?? []), write])
  }
  return reads.flatMap((read) => (byPlace.get(read.commitId) ?? []).map((write) => ({ read, write })))
}

/** Under which ids there are reads of a write. */
function placesOf(
  { commitId, rootId, taskRunId }: LakeLineageRecord,
  given: ReadonlyMap<string, ReadonlySet<string>>,
): readonly string[] {
  if (rootId === null) return [commitId]
  const before = taskRunId === null ? [] : [...(given.get(taskRunId) ?? [])]
  const places = [
    commitId,
    placeOfReads({ rootId, taskRunId }),
    ...before.map((task) => placeOfReads({ rootId, taskRunId: task })),
  ]
  return [...new Set(places)]
}

const isPlace = (commitId: string): boolean => commitId.startsWith('task:') || commitId.startsWith('run:')

const keyOf = ({ commitId, dataset, snapshotId }: LakeLineageRecord): string =>
  JSON.stringify([commitId, dataset, snapshotId])

/** Of each task those whose results it was given, directly or through others. */
function* tasksBefore(tasks: readonly string[]): Steps<ReadonlyMap<string, ReadonlySet<string>>> {
  const direct = new Map<string, readonly string[]>()
  for (let wanted = [...new Set(tasks)]; wanted.length > 0 && direct.size < mostTasks;) {
    const rows = yield* rowsOf(selectUpstream(listOf(wanted)))
    for (const id of wanted) direct.set(id, [])
    for (const { id, upstream } of rows) direct.set(id, decodeUpstream(upstream).data)
    wanted = [...new Set(wanted.flatMap((id) => direct.get(id) ?? []))].filter((id) => !direct.has(id))
  }
  return new Map(tasks.map((task) => [task, allBefore(task, direct)]))
}

function allBefore(task: string, direct: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const found = new Set<string>()
  for (const next = [...(direct.get(task) ?? [])]; next.length > 0;) {
    const id = next.pop()
    if (id === undefined || found.has(id)) continue
    found.add(id)
    next.push(...(direct.get(id) ?? []))
  }
  return found
}
