import { isSluiceError, SluiceError } from '@sluice/core'
import type { LakeTableChange, NewLakeLoad } from '@sluice/store'
import { parseMetadata } from '../format/parse-metadata.ts'
import type { TableMetadata } from '../format/table-metadata.ts'
import { platform } from '../platform.ts'
import type { LakeStorage } from '../storage/lake-storage.ts'
import type { CommitMarker, MarkedCommit } from './commit-marker.ts'
import type { CatalogStore } from './embedded-catalog.ts'
import type { DropMarker } from './drop-table.ts'
import { dropMarkerKeyOf, markerKeyOf, readMetadataName } from './lake-paths.ts'
import { tableSearchText } from './search-text.ts'
import type { LakeView } from './findable.ts'
import { readViewFiles, restoreView } from './view-files.ts'
import { refsOf, type SnapshotMaker, snapshotRows } from './working-table.ts'

/** What {@link rebuildCatalog} found. */
export interface RebuildReport {
  readonly tables: readonly RebuiltTable[]
  /** Names. */
  readonly views: readonly string[]
  /** Directories that have metadata and no version that was committed, or a name that another one has; files of views that are none. */
  readonly skipped: readonly { readonly directory: string; readonly reason: string }[]
}

export interface RebuiltTable {
  readonly name: string
  readonly directory: string
  readonly version: number
  /** Metadata files newer than the last that was surely committed: whoever wrote them may have been told that they were. */
  readonly unmarked: readonly string[]
}

/**
 * Makes the catalogue of a lake anew from its files, in a store that has no tables: of each table the newest version whose marker
 * says that it was committed. It never guesses: newer versions without a marker are told, and left.
 *
 * What the markers have comes back with the tables: the ledger of loads, who made which version and of what, what checks said. Views come
 * back from their files. Incidents, and what runs read beside their commits, are only in the database.
 *
 * Throws `LAKE_CATALOG_NOT_EMPTY` when the store has tables or views.
 */
export async function rebuildCatalog(store: CatalogStore, storage: LakeStorage): Promise<RebuildReport> {
  await requireEmpty(store)
  const tables: RebuiltTable[] = []
  const skipped: { directory: string; reason: string }[] = []
  for (const [directory, { versions, markers }] of await readVersions(storage)) {
    const found = await newestMarked(storage, versions)
    if (found === undefined) {
      skipped.push({ directory, reason: 'no version has a marker that says that it was committed' })
      continue
    }
    const reason =
      (await droppedAt(storage, directory)) >= found.version
        ? 'it was dropped'
        : await restore(store, storage, directory, found, markers)
    if (reason !== undefined) skipped.push({ directory, reason })
    else tables.push({ name: found.marker.table, directory, version: found.version, unmarked: newer(found, versions) })
  }
  const views: string[] = []
  for (const file of await readViewFiles(storage)) {
    const problem = 'problem' in file ? file.problem : await viewProblem(store, file.view)
    if (problem !== undefined) skipped.push({ directory: file.key, reason: problem })
    else if ('view' in file) views.push(file.view.name)
  }
  return { tables, views, skipped }
}

async function requireEmpty(store: CatalogStore): Promise<void> {
  const [{ items }, views] = await Promise.all([store.listLakeTables({ limit: 3 }), store.listLakeViews()])
  const names = [...items, ...views].map(({ name }) => name)
  if (names.length > 0) throw new SluiceError('LAKE_CATALOG_NOT_EMPTY', { tables: names.slice(0, 3) })
}

/** Why the view could not be taken in; undefined: it was. */
async function viewProblem(store: CatalogStore, view: LakeView): Promise<string | undefined> {
  try {
    await restoreView(store, view)
    return undefined
  } catch (error) {
    if (!isSluiceError(error, 'TABLE_EXISTS')) throw error
    return `a table has the name ${view.name}`
  }
}

/** The files of one version in a table's `metadata/`. Of a lost race there may be several. */
interface VersionFile {
  readonly key: string
  readonly version: number
  readonly markerKey: string | undefined
}

/** What a table's `metadata/` holds. Markers outlive the metadata files of old versions: they have the ledger of loads. */
interface TableVersions {
  readonly versions: readonly VersionFile[]
  readonly markers: readonly Omit<VersionFile, 'markerKey'>[]
}

async function readVersions(storage: LakeStorage): Promise<ReadonlyMap<string, TableVersions>> {
  const found: (VersionFile & { readonly directory: string; readonly kind: 'metadata' | 'marker' })[] = []
  for await (const { key } of storage.list('')) {
    const name = readMetadataName(key)
    if (name) found.push({ ...name, key, markerKey: undefined })
  }
  const markers = new Set(found.flatMap(({ kind, key }) => (kind === 'marker' ? [key] : [])))
  return new Map(
    [...Map.groupBy(found, ({ directory }) => directory)].map(([directory, files]) => [
      directory,
      {
        versions: files
          .filter(({ kind }) => kind === 'metadata')
          .map(({ key, version }) => ({ key, version, markerKey: markerOf(key, markers) })),
        markers: files.filter(({ kind }) => kind === 'marker').map(({ key, version }) => ({ key, version })),
      },
    ]),
  )
}

function markerOf(key: string, markers: ReadonlySet<string>): string | undefined {
  const marker = markerKeyOf(key)
  return markers.has(marker) ? marker : undefined
}

/** The version that a table was dropped at; 0: it was not. */
async function droppedAt(storage: LakeStorage, directory: string): Promise<number> {
  const key = dropMarkerKeyOf(directory)
  if ((await storage.head(key)) === undefined) return 0
  return (JSON.parse(new TextDecoder().decode(await storage.get(key))) as DropMarker).version
}

interface FoundVersion {
  readonly key: string
  readonly version: number
  readonly marker: CommitMarker
}

async function newestMarked(storage: LakeStorage, files: readonly VersionFile[]): Promise<FoundVersion | undefined> {
  for (const { key, version, markerKey } of files.toSorted((one, other) => other.version - one.version)) {
    if (markerKey !== undefined) return { key, version, marker: await readMarker(storage, markerKey) }
  }
  return undefined
}

async function readMarker(storage: LakeStorage, key: string): Promise<CommitMarker> {
  try {
    return JSON.parse(new TextDecoder().decode(await storage.get(key))) as CommitMarker
  } catch (cause) {
    if (isSluiceError(cause)) throw cause
    throw new SluiceError('LAKE_METADATA_INVALID', { file: key, problem: 'it is not JSON' }, { cause })
  }
}

const newer = (found: FoundVersion, files: readonly VersionFile[]): readonly string[] =>
  files.filter(({ version }) => version > found.version).map(({ key }) => key)

/** Why the table could not be taken in; undefined: it was. */
async function restore(
  store: CatalogStore,
  storage: LakeStorage,
  directory: string,
  { key, version, marker }: FoundVersion,
  markers: TableVersions['markers'],
): Promise<string | undefined> {
  const metadata = parseMetadata(new TextDecoder().decode(await storage.get(key)))
  const marked = await Promise.all(
    markers
      .filter((each) => each.version <= version)
      .toSorted((one, other) => one.version - other.version)
      .map((each) => readMarker(storage, each.key)),
  )
  const loads = new Map<string, NewLakeLoad>(
    marked.flatMap((each) => each.loads.map((load) => [load.id, load] as const)),
  )
  const made = marked.flatMap((each) => each.made ?? [])
  const place = { name: marker.table, directory, metadataKey: key, firstVersion: version }
  const change = changeOf(metadata, place, makersOf(made, marker.table, loads.values()))
  const commit = {
    id: `rebuild:${platform.newId()}`,
    run: null,
    createdBy: made[0]?.createdBy ?? 'rebuild',
    lineage: [],
    tables: [marker.table],
  }
  try {
    await store.commitLake({ commits: [{ ...commit, loads: [...loads.values()] }], tables: [change] })
    await enterMarked(store, made)
    return undefined
  } catch (error) {
    if (!isSluiceError(error, 'TABLE_EXISTS')) throw error
    return `another directory has a table of the name ${marker.table}`
  }
}

function changeOf(
  metadata: TableMetadata,
  place: Pick<LakeTableChange, 'name' | 'directory' | 'metadataKey'> & { readonly firstVersion: number },
  makers: ReadonlyMap<bigint, SnapshotMaker>,
): LakeTableChange {
  return {
    ...place,
    id: metadata['table-uuid'],
    expectedVersion: 0,
    addedSnapshots: snapshotRows({ metadata, makers }, () => true),
    removedSnapshots: [],
    refs: refsOf(metadata),
    searchText: tableSearchText(place.name, metadata),
  }
}

/** Who made which snapshot of a table, by what its markers say. */
function makersOf(
  made: readonly MarkedCommit[],
  table: string,
  loads: Iterable<NewLakeLoad>,
): ReadonlyMap<bigint, SnapshotMaker> {
  const loadIds = new Map([...loads].map(({ snapshotId, id }) => [snapshotId, id]))
  return new Map(
    made.flatMap(({ run, lineage }) =>
      lineage.flatMap(({ direction, dataset, snapshotId }): readonly [bigint, SnapshotMaker][] => {
        if (direction !== 'write' || dataset !== table || snapshotId === null) return []
        const { rootId = null, taskRunId = null } = run ?? {}
        return [[BigInt(snapshotId), { rootId, taskRunId, loadId: loadIds.get(snapshotId) ?? null }]]
      }),
    ),
  )
}

/** What commits read and wrote, and what checks said then. What another table's marker has told already is there. */
async function enterMarked(store: CatalogStore, made: readonly MarkedCommit[]): Promise<void> {
  await store.recordLakeLineage(
    made.flatMap(({ id: commitId, run, createdBy: actor, lineage, at }) =>
      lineage.map((entry) => ({
        ...entry,
        commitId,
        rootId: run?.rootId ?? null,
        taskRunId: run?.taskRunId ?? null,
        detail: null,
        actor,
        at,
      })),
    ),
  )
  await store.recordLakeDeeds(
    made.flatMap(({ id, run, createdBy: actor, changes = [], at }) =>
      changes.map(({ dataset, detail }) => ({
        id,
        deed: 'change' as const,
        dataset,
        snapshotId: null,
        actor,
        rootId: run?.rootId ?? null,
        taskRunId: run?.taskRunId ?? null,
        detail,
        at,
      })),
    ),
  )
  for (const { checks = [], run, at } of made)
    if (checks.length > 0) await store.recordLakeChecks(checks, run?.rootId ?? null, at)
}
