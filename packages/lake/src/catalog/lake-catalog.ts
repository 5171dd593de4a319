import type {
  CheckFinding,
  CheckQuery,
  CheckRecord,
  FindingPage,
  Incident,
  IncidentQuery,
  NewIncident,
} from './findings.ts'
import type { AuditPage, AuditQuery } from './audit-log.ts'
import type { ManifestFile } from '../format/manifest.ts'
import type { RawPart } from '../raw/raw-part.ts'
import type { SnapshotSummary, TableMetadata } from '../format/table-metadata.ts'
import type { LakeView, NewView, SearchPage, SearchQuery } from './findable.ts'
import type { LineageGraph, LineageQuery } from '../lineage/lineage-graph.ts'
import type { TableRequirement, TableUpdate } from '../format/table-update.ts'

/**
 * What the lake's tables are, and which metadata file of each is the current one. The pointer moves in one database
 * transaction, together with the ledger of loads: state and data can never disagree.
 *
 * Writers put data files, manifests and (but for appends) manifest lists into the storage first; a commit only validates
 * requirements, writes the next metadata file and swaps the pointer. After the swap a marker `<version>.committed` is put
 * beside the metadata file, so that a lake whose database is lost can be rebuilt without guessing.
 *
 * Two implementations under one suite (`lake-catalog.testsuite.ts`): embedded, over a store, and over HTTP.
 */
export interface LakeCatalog {
  /** Written into the lake's root: another catalogue may read the lake, and not write it before `lake adopt`. */
  readonly id: string
  list(query?: TableQuery): Promise<readonly TablePointer[]>
  find(name: string): Promise<TablePointer | undefined>
  /** The metadata that a pointer points at. Kept in memory: metadata files never change. */
  metadata(pointer: TablePointer): Promise<TableMetadata>
  /**
   * All changes or none. The same id again gives the same receipt. Throws `LAKE_COMMIT_CONFLICT` when a requirement does not
   * hold (read again and plan again), `TABLE_EXISTS`, `TABLE_NOT_FOUND`, `RUN_FENCED`, `LAKE_FOREIGN_CATALOG`, `LOAD_EXISTS`
   * (the load was committed by another commit: ask for it with {@link load}; or another has taken one of its files),
   * `LAKE_COMMIT_UNKNOWN` (the database does not answer: the files must stay, the same commit may be sent again).
   */
  commit(commit: LakeCommit): Promise<CommitReceipt>
  /**
   * Waits, first come first served, for the right to rewrite a table: those who plan on what it holds would otherwise overtake each other
   * for ever. It is kept until it is disposed of, and a holder that died holds up the others for some seconds. Appends never need it.
   */
  lease(table: string, options?: LeaseOptions): Promise<TableLease>
  /**
   * Takes a table out of the catalogue: its name is free again, its files stay where they are, and a rebuild does not bring it back. Throws
   * `TABLE_NOT_FOUND`, `LAKE_FOREIGN_CATALOG`.
   */
  drop(name: string): Promise<TablePointer>
  /** What became of a load: of this table, under this id. */
  load(tableId: string, loadId: string): Promise<LoadEntry | undefined>
  /** Newest first. */
  loads(tableId: string, options?: { readonly limit?: number }): Promise<readonly LoadEntry[]>
  /** Which of these identities (hashes of contents, or paths) a load of this table and branch has taken already. */
  loadedFiles(tableId: string, branch: string, identities: readonly string[]): Promise<ReadonlySet<string>>
  /** What checks said: newest first, or of one snapshot by name. */
  checks(tableId: string, query?: CheckQuery): Promise<FindingPage<CheckRecord>>
  /** Of a snapshot that was checked before, the last word stays. */
  recordChecks(tableId: string, checks: readonly CheckFinding[], rootId?: string): Promise<void>
  /** Newest first. */
  incidents(query?: IncidentQuery): Promise<FindingPage<Incident>>
  incident(id: string): Promise<Incident | undefined>
  /** One for each (table, kind, load): opened again it is the same. */
  openIncident(table: string, incident: NewIncident, rootId?: string): Promise<Incident>
  /** One that is resolved stays as it was resolved. Undefined: there is none. */
  resolveIncident(id: string, note: string | null): Promise<Incident | undefined>
  /** Tables, views, filesets and files in which all words are: by name first. Throws `OPTION_INVALID`. */
  search(query: SearchQuery): Promise<SearchPage>
  view(name: string): Promise<LakeView | undefined>
  /** By name. */
  views(prefix?: string): Promise<readonly LakeView[]>
  /** Makes a view or changes it. Throws `TABLE_EXISTS` when a table has its name. */
  putView(view: NewView): Promise<LakeView>
  /** True: there was one. */
  dropView(name: string): Promise<boolean>
  /** What runs read and wrote beside their commits: once for each task and version, however often it is told. */
  recordLineage(records: readonly LineageRecord[]): Promise<void>
  /**
   * Where a dataset comes from, or goes to. Throws `OPTION_INVALID`, and `TABLE_NOT_FOUND` for a dataset that nobody has ever heard of.
   */
  lineage(query: LineageQuery): Promise<LineageGraph>
  /**
   * Tells that somebody looked at datasets outside of runs: what runs read is lineage. A catalogue over HTTP is a run's, and has neither
   * this nor the audit log.
   */
  recordLooks?(looks: readonly DatasetVersion[]): Promise<void>
  /** The audit log, newest first. */
  audit?(query?: AuditQuery): Promise<AuditPage>
}

/** A run, or a task of it, read or wrote a dataset. */
export interface LineageRecord extends DatasetVersion {
  readonly rootId: string
  readonly taskRunId?: string
  readonly direction: 'read' | 'write'
  /** Of what lies outside of the lake: what is said of it. */
  readonly detail?: LineageDetail
}

export interface LineageDetail {
  readonly rows?: number
  readonly description?: string
}

export interface LeaseOptions {
  /** Ends the waiting. */
  readonly signal?: AbortSignal
}

export interface TableLease extends AsyncDisposable {
  /** Carried by the commit ({@link TableChange.lease}), which is refused when a later one has taken over. */
  readonly epoch: number
}

export interface TableQuery {
  readonly namespace?: string
  readonly prefix?: string
}

/** A table, and the metadata file that is current. */
export interface TablePointer {
  readonly id: string
  /** `namespace.table` */
  readonly name: string
  /** The key of the table's directory in the storage. Readers resolve what metadata names relative to it. */
  readonly directory: string
  /** The key of the current metadata file. */
  readonly metadataKey: string
  /** Counts the table's commits, from 1. */
  readonly version: number
}

export interface LakeCommit {
  /**
   * Chosen by the writer, before it writes: what makes a repeated commit the same commit. Ids of one writer begin alike (18 characters):
   * a commit without tables under its `writerFenceId` keeps all others of it from being made (`LAKE_COMMIT_CONFLICT`).
   */
  readonly id: string
  /** The run that commits: one that has been taken over commits nothing (`RUN_FENCED`). */
  readonly owner?: { readonly rootId: string; readonly epoch: number; readonly taskRunId?: string }
  /** Who makes it, where that is not who opened the catalogue: a server commits for those who ask it. */
  readonly by?: string
  readonly tables: readonly TableChange[]
  /** What files of filesets are found by, after these changes. */
  readonly found?: readonly FileText[]
  /** What was read to make these changes. */
  readonly reads?: readonly DatasetVersion[]
}

/** A file of a fileset as it is found: three lines in lower case; null: it is not there any more. */
export interface FileText {
  readonly fileset: string
  readonly name: string
  readonly searchText: string | null
}

/** A dataset as it was: of the lake by table name, or of outside by URL (no snapshot). */
export interface DatasetVersion {
  readonly dataset: string
  readonly snapshotId?: bigint
}

export interface TableChange {
  readonly name: string
  /** Of a table that is made by this commit: the directory its files are in. `requirements` hold `assert-create`. */
  readonly directory?: string
  readonly requirements: readonly TableRequirement[]
  /** Applied in this order, before `append`. */
  readonly updates: readonly TableUpdate[]
  /** Files to be added on top of whatever the branch holds then: the catalogue writes the manifest list. Never conflicts. */
  readonly append?: AppendChange
  /** The epoch of the lease under which it was planned. Throws `LAKE_COMMIT_CONFLICT` when another has taken over. */
  readonly lease?: number
  readonly load?: LoadEntry
  /** Of a load with `once`: identities of the files that it takes, and that no other load of this branch may take. */
  readonly files?: readonly string[]
  /** What checks said of the table's snapshots. */
  readonly checks?: readonly CheckFinding[]
  readonly incident?: NewIncident
  /** The open incidents of this load are resolved. */
  readonly resolved?: { readonly loadId: string; readonly note: string | null }
}

export interface AppendChange {
  readonly branch: string
  /** The branch begins anew at what this one holds, whatever it held itself. */
  readonly from?: 'main'
  readonly snapshotId: bigint
  /** −1: the schema that the updates add. */
  readonly schemaId: number
  /** Of the added files only; sequence numbers are inherited. */
  readonly manifests: readonly ManifestFile[]
  /** What the writer adds to the summary; counts are added by the catalogue. */
  readonly summary: SnapshotSummary
}

export interface CommitReceipt {
  readonly tables: readonly TablePointer[]
  /** True: the commit was there already. */
  readonly repeated: boolean
}

export type LoadOperation = 'append' | 'replace' | 'overwrite' | 'merge' | 'delete'

/** Rows afterwards = rows before + inserted − deleted. */
export interface RowChanges {
  readonly inserted: number
  /** Rows that took the place of one with their key. */
  readonly updated: number
  readonly deleted: number
}

/** One ingestion into one table. It outlives the expiry of its snapshot. */
export interface LoadEntry {
  readonly id: string
  readonly branch: string
  readonly operation: LoadOperation
  /** `staged`: its rows are on a branch of its own and are to be checked. `blocked`: a check has failed. */
  readonly state: 'committed' | 'staged' | 'blocked' | 'published' | 'dropped'
  readonly snapshotId: bigint | undefined
  readonly source: string
  readonly counts: LoadCounts
  /** Of a load that changes rows that are there. */
  readonly changes?: RowChanges
  /** Of an incremental source: where the next load begins. JSON. */
  readonly cursor?: unknown
  /** What its source gave, or where that is: file by file. */
  readonly raw?: readonly RawPart[]
  /** Added by the catalogue from the commit's owner. */
  readonly rootId?: string
  readonly taskRunId?: string
  /** Microseconds UTC, by the store's clock; set by the catalogue. */
  readonly at?: number
}

/** records = loaded + quarantined + discarded + filtered, checked before every commit. */
export interface LoadCounts {
  readonly records: number
  readonly loaded: number
  readonly quarantined: number
  readonly discarded: number
  readonly filtered: number
}
