import { isSluiceError, SluiceError } from '@sluice/core'
import type { LakeTableChange, NewLakeLoad } from '@sluice/store'
import { parseMetadata } from '../format/parse-metadata.ts'
import type { TableMetadata } from '../format/table-metadata.ts'
import { platform } from '../platform.ts'
import type { LakeStorage } from '../storage/lake-storage.ts'
import type { CommitMarker } from './commit-marker.ts'
import type { CatalogStore } from './embedded-catalog.ts'
import type { DropMarker } from './drop-table.ts'
import { dropMarkerKeyOf, markerKeyOf, readMetadataName } from './lake-paths.ts'
import { tableSearchText } from './search-text.ts'
import { refsOf, snapshotRows } from './working-table.ts'

/** What {@link rebuildCatalog} found. */
export interface RebuildReport {
  readonly tables: readonly RebuiltTable[]
  /** Directories that have metadata and no version that was committed, or a name that another one has. */
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
 * Throws `LAKE_COMMIT_CONFLICT` when the store has tables.
 */
export async function rebuildCatalog(store: CatalogStore, storage: LakeStorage): Promise<RebuildReport> {
  if ((await store.listLakeTables({ limit: 1 })).items.length > 0)
    throw new SluiceError('LAKE_COMMIT_CONFLICT', { reason: 'the catalogue has tables; rebuild into an empty one' })
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
  return { tables, skipped }
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
  const change = changeOf(metadata, { name: marker.table, directory, metadataKey: key, firstVersion: version })
  const commit = {
    id: `rebuild:${platform.newId()}`,
    run: null,
    createdBy: 'rebuild',
    lineage: [],
    tables: [marker.table],
  }
  try {
    await store.commitLake({ commits: [{ ...commit, loads: [...loads.values()] }], tables: [change] })
    return undefined
  } catch (error) {
    if (!isSluiceError(error, 'TABLE_EXISTS')) throw error
    return `another directory has a table of the name ${marker.table}`
  }
}

function changeOf(
  metadata: TableMetadata,
  place: Pick<LakeTableChange, 'name' | 'directory' | 'metadataKey'> & { readonly firstVersion: number },
): LakeTableChange {
  return {
    ...place,
    id: metadata['table-uuid'],
    expectedVersion: 0,
    addedSnapshots: snapshotRows({ metadata, makers: new Map() }, () => true),
    removedSnapshots: [],
    refs: refsOf(metadata),
    searchText: tableSearchText(place.name, metadata),
  }
}
