import type { Micros } from '@sluice/core'
import type { Page } from './records.ts'

/** The catalogue of the lake: pointers to metadata files, and what moves with them. Ids of snapshots are decimal text. */
export interface LakeStore {
  /**
   * Moves pointers, all or none, in one transaction, tables in the order of their names. Each commit in it is done once: when one
   * is there already nothing is done, and `repeated` has the receipts of those that are.
   *
   * Throws `RUN_FENCED` (`details.commit`: whose run belongs to another process), `LAKE_COMMIT_CONFLICT` (`details.table`: its
   * version is not the expected one any more; with `details.commit`: somebody has gone past its lease), `TABLE_EXISTS`, `LOAD_EXISTS` (`details.commit`: the load was committed under another
   * commit, or takes a file that another load has taken).
   */
  commitLake(transaction: LakeTransaction): Promise<LakeTransactionResult>
  /**
   * Takes a place in the line of those who want to rewrite a table, or keeps it for so long again: one for each holder. Places before it
   * that nobody kept are swept away. With `drawn`, a place that is gone is `lost`, not taken anew.
   */
  holdLakeTicket(hold: LakeTicketHold): Promise<LakeTicket>
  releaseLakeTicket(table: string, holder: string): Promise<void>
  /** The receipts of those commits that were made. */
  findLakeCommits(ids: readonly string[]): Promise<readonly LakeReceipt[]>
  findLakeTable(name: string): Promise<LakeTableRecord | undefined>
  getLakeTable(id: string): Promise<LakeTableRecord | undefined>
  /** By name; dropped ones are not among them. */
  listLakeTables(query: LakeTableQuery): Promise<Page<LakeTableRecord>>
  /** Takes the name away from the table, while its version is the expected one; files, ledger and history stay. */
  dropLakeTable(id: string, expectedVersion: number): Promise<boolean>
  /** Newest first. */
  listLakeSnapshots(tableId: string, query: LakePageQuery): Promise<Page<LakeSnapshotRecord>>
  listLakeRefs(tableId: string): Promise<readonly LakeRefRecord[]>
  getLakeLoad(tableId: string, loadId: string): Promise<LakeLoadRecord | undefined>
  /** Newest first. */
  listLakeLoads(tableId: string, query: LakePageQuery): Promise<Page<LakeLoadRecord>>
  /** Those of the identities that a load of this table and branch has taken. */
  loadedLakeFiles(tableId: string, branch: string, identities: readonly string[]): Promise<readonly string[]>
  /** What checks said of snapshots; of a snapshot that was checked before, the last word stays. */
  recordLakeChecks(checks: readonly NewLakeCheck[], rootId: string | null, at?: Micros): Promise<void>
  /** Newest first: of a table, or of one snapshot of it. */
  listLakeChecks(tableId: string, query: LakeCheckQuery): Promise<Page<LakeCheckRecord>>
  /** One for each (table, kind, load), however often it is found: with an event `incident.opened` when it is opened, or opened again. */
  openLakeIncident(incident: NewLakeIncident, rootId: string | null): Promise<LakeIncidentRecord>
  getLakeIncident(id: string): Promise<LakeIncidentRecord | undefined>
  /** Newest first. */
  listLakeIncidents(query: LakeIncidentQuery): Promise<Page<LakeIncidentRecord>>
  /** One that is resolved stays as it was resolved. Undefined: there is none. */
  resolveLakeIncident(id: string, end: LakeIncidentEnd): Promise<LakeIncidentRecord | undefined>
  /** Newest first: of a dataset, or of a root run. */
  listLakeLineage(query: LakeLineageQuery): Promise<Page<LakeLineageRecord>>
  /**
   * Tables, views, filesets' files in whose texts all terms (in lower case) are: those first that have them in their name, then in their
   * columns, then anywhere.
   */
  searchLake(query: LakeSearch): Promise<Page<LakeFound>>
  findLakeView(name: string): Promise<LakeViewRecord | undefined>
  /** By name. */
  listLakeViews(prefix?: string): Promise<readonly LakeViewRecord[]>
  /** Makes a view, or changes it. Throws `TABLE_EXISTS` when there is a table of its name. */
  putLakeView(view: NewLakeView): Promise<LakeViewRecord>
  deleteLakeView(name: string): Promise<boolean>
  /** What runs read and wrote beside their commits. What is recorded already is not recorded again. */
  recordLakeLineage(entries: readonly NewLakeLineage[]): Promise<void>
  /** What was done beside that. What is recorded already is not recorded again. */
  recordLakeDeeds(deeds: readonly NewLakeDeed[]): Promise<void>
  /** The audit log, newest first: who read, wrote, changed or dropped what. */
  listLakeAudit(query: LakeAuditQuery): Promise<Page<LakeAuditRecord>>
  /** What the newest versions of a dataset were made from, or what was made from them: one step. */
  traceLakeLineage(dataset: string, direction: 'upstream' | 'downstream'): Promise<readonly LakeLineageStep[]>
}

export interface LakeTicketHold {
  readonly table: string
  /** Chosen by who waits: what makes a repeated call the same one. */
  readonly holder: string
  /** For so long, by the store's clock. */
  readonly micros: number
  /** It had a place before. */
  readonly drawn: boolean
}

export interface LakeTicket {
  /** Goes up for ever: who has the lease with a higher one came later. */
  readonly ticket: number
  readonly ahead: number
  readonly lost: boolean
}

export interface LakeSearch {
  readonly terms: readonly string[]
  readonly limit: number
  readonly after?: string
}

export interface LakeFound {
  readonly kind: 'table' | 'view' | 'file'
  /** Of a file that of its fileset. */
  readonly name: string
  /** Of a file its name in the fileset; else empty. */
  readonly file: string
  readonly searchText: string
}

export interface NewLakeView {
  readonly name: string
  readonly query: string
  readonly description: string | null
  /** Tables and views that its query names. */
  readonly reads: readonly string[]
  readonly searchText: string
  readonly createdBy: string
  /** Of a view that is made again from what the lake's files say of it. Left out: now. */
  readonly times?: { readonly createdAt: Micros; readonly updatedAt: Micros }
}

export interface LakeViewRecord extends Omit<NewLakeView, 'searchText' | 'times'> {
  readonly createdAt: Micros
  readonly updatedAt: Micros
}

/** A file of a fileset, as it is found. */
export interface LakeFileText {
  readonly fileset: string
  readonly name: string
  /** Null: the fileset does not hold it any more. */
  readonly searchText: string | null
}

export interface LakeTableQuery {
  readonly limit: number
  readonly after?: string
  readonly namespace?: string
  /** The beginning of `namespace.table`. */
  readonly prefix?: string
}

export interface LakePageQuery {
  readonly limit: number
  readonly after?: string
}

export interface LakeTableRecord {
  readonly id: string
  readonly name: string
  readonly directory: string
  readonly metadataKey: string
  /** Counts from 1. */
  readonly version: number
  readonly createdBy: string
  readonly createdAt: Micros
  readonly updatedAt: Micros
}

/** One or several commits that are made together. */
export interface LakeTransaction {
  readonly commits: readonly LakeCommitEntry[]
  readonly tables: readonly LakeTableChange[]
}

export interface LakeCommitEntry {
  readonly id: string
  /** The run that commits. Null: nobody's. */
  readonly run: { readonly rootId: string; readonly epoch: number; readonly taskRunId: string | null } | null
  readonly createdBy: string
  /** Leases under which it was planned: each must not have been taken over. */
  readonly leases?: readonly { readonly table: string; readonly ticket: number }[]
  readonly loads: readonly NewLakeLoad[]
  readonly lineage: readonly LakeLineageEntry[]
  /** Datasets that it changes without giving them a version, and how. */
  readonly changes?: readonly { readonly dataset: string; readonly detail: string }[]
  readonly checks?: readonly NewLakeCheck[]
  readonly incidents?: readonly NewLakeIncident[]
  /** Open incidents of these loads are resolved. */
  readonly resolved?: readonly LakeLoadIncidentEnd[]
  /** Names of the tables that are in its receipt. */
  readonly tables: readonly string[]
  readonly files?: readonly LakeFileText[]
  /** Datasets that it moves: an event each, in its transaction. */
  readonly updates?: readonly LakeDatasetUpdate[]
}

/** The event `dataset.updated` of a table. */
export interface LakeDatasetUpdate {
  /** Of the event. */
  readonly id: string
  readonly dataset: string
  /** JSON. */
  readonly payload: string
}

export interface LakeTableChange {
  readonly id: string
  readonly name: string
  readonly directory: string
  /** 0: the table is made by this commit. */
  readonly expectedVersion: number
  /** Of a table that is made from files that are there: the version that it had. Default 1. */
  readonly firstVersion?: number
  readonly metadataKey: string
  readonly addedSnapshots: readonly NewLakeSnapshot[]
  readonly removedSnapshots: readonly string[]
  /** Null: as they were. */
  readonly refs: readonly LakeRefRecord[] | null
  /** What it is found by: three lines in lower case, its name, its columns, what is said of it. Left out: as it was. */
  readonly searchText?: string
}

export interface LakeTransactionResult {
  /** As they are now; empty when nothing was done. */
  readonly tables: readonly LakeTableRecord[]
  readonly repeated: readonly LakeReceipt[]
}

/** What a commit made of its tables. */
export interface LakeReceipt {
  readonly commitId: string
  readonly tables: readonly Pick<LakeTableRecord, 'id' | 'name' | 'directory' | 'metadataKey' | 'version'>[]
}

export interface LakeRefRecord {
  readonly name: string
  readonly kind: 'branch' | 'tag'
  readonly snapshotId: string
}

export interface NewLakeSnapshot {
  readonly snapshotId: string
  readonly parentId: string | null
  readonly sequenceNumber: number
  readonly operation: string
  readonly schemaId: number | null
  /** JSON. */
  readonly summary: string
  readonly rootId: string | null
  readonly taskRunId: string | null
  readonly loadId: string | null
}

export interface LakeSnapshotRecord extends NewLakeSnapshot {
  readonly committedAt: Micros
}

export interface NewLakeLoad {
  readonly tableId: string
  readonly id: string
  readonly branch: string
  readonly operation: string
  readonly state: string
  readonly snapshotId: string | null
  readonly source: string
  readonly records: number
  readonly loaded: number
  readonly quarantined: number
  readonly discarded: number
  readonly filtered: number
  /** JSON; null: none. */
  readonly cursor: string | null
  /** JSON: of a load that changed rows that were there. Absent: none. */
  readonly changes?: string | null
  /** JSON: what its source gave, or where that is. Absent: not known. */
  readonly raw?: string | null
  /** Identities of files that no other load may take. */
  readonly files: readonly string[]
  /** Of a load that is entered again from what the lake's files say of it: by which run, and when. Left out: by the commit's, now. */
  readonly made?: LakeMaking
}

/** Who did something, and when. */
export interface LakeMaking {
  readonly rootId: string | null
  readonly taskRunId: string | null
  readonly at: Micros
}

export interface LakeLoadRecord extends Omit<NewLakeLoad, 'files' | 'made'> {
  readonly rootId: string | null
  readonly taskRunId: string | null
  readonly at: Micros
}

/** What one check said of one snapshot. */
export interface NewLakeCheck {
  readonly tableId: string
  readonly snapshotId: string
  readonly name: string
  readonly severity: string
  readonly outcome: string
  /** Null: it counts no rows. */
  readonly failing: number | null
  /** JSON. */
  readonly detail: string
  readonly loadId: string | null
}

export interface LakeCheckRecord extends NewLakeCheck {
  readonly rootId: string | null
  readonly at: Micros
}

export interface LakeCheckQuery extends LakePageQuery {
  readonly snapshotId?: string
}

export interface NewLakeIncident {
  /** Also that of the event which tells of it. */
  readonly id: string
  /** Null: the table was never made. */
  readonly tableId: string | null
  readonly tableName: string
  readonly kind: string
  readonly loadId: string
  readonly snapshotId: string | null
  /** JSON. */
  readonly detail: string
}

export interface LakeIncidentRecord extends NewLakeIncident {
  readonly state: 'open' | 'resolved'
  readonly rootId: string | null
  readonly openedAt: Micros
  readonly closedAt: Micros | null
  readonly closedBy: string | null
  readonly note: string | null
}

export interface LakeIncidentQuery extends LakePageQuery {
  readonly table?: string
  readonly state?: 'open' | 'resolved'
}

export interface LakeIncidentEnd {
  readonly by: string
  readonly note: string | null
}

export interface LakeLoadIncidentEnd extends LakeIncidentEnd {
  readonly tableName: string
  readonly loadId: string
}

export interface LakeLineageEntry {
  readonly direction: 'read' | 'write'
  /** A table's name, or a URL. */
  readonly dataset: string
  readonly snapshotId: string | null
}

/**
 * What else is remembered of a dataset, for who asks who did what: it was looked at outside of runs; it was changed without a new
 * version (columns, tags, what is said of it); it was dropped; it is a view that was made.
 */
export type LakeDeed = 'look' | 'change' | 'drop' | 'view'

/** Something that somebody did. */
export interface NewLakeDeed {
  /** What makes it the same thing when it is told again. */
  readonly id: string
  readonly deed: LakeDeed
  readonly dataset: string
  readonly snapshotId: string | null
  readonly actor: string
  readonly rootId: string | null
  readonly taskRunId: string | null
  /** JSON. */
  readonly detail: string | null
  /** Of what is entered again from the lake's files. Left out: now. */
  readonly at?: Micros
}

/** A line of the audit log: a deed, or what a run or a commit read or wrote. */
export interface LakeAuditRecord extends Omit<NewLakeDeed, 'deed' | 'actor' | 'at'> {
  readonly deed: LakeDeed | 'read' | 'write'
  readonly actor: string | null
  readonly at: Micros
}

export interface LakeAuditQuery extends LakePageQuery {
  readonly dataset?: string
}

/** Of a run, beside its commits: under {@link placeOfReads}. */
export interface NewLakeLineage extends LakeLineageEntry {
  readonly commitId: string
  readonly rootId: string | null
  readonly taskRunId: string | null
  /** JSON. */
  readonly detail: string | null
  readonly actor?: string | null
  /** Of what is entered again from the lake's files. Left out: now. */
  readonly at?: Micros
}

export interface LakeLineageRecord extends Omit<NewLakeLineage, 'actor'> {
  readonly at: Micros
}

/** One was read to make the other. */
export interface LakeLineageStep {
  readonly read: LakeLineageRecord
  readonly write: LakeLineageRecord
}

/** What stands for a commit where there is none: once per task, or per body of a root run's flow. */
export function placeOfReads({ rootId, taskRunId }: Pick<LakeLineageRecord, 'rootId' | 'taskRunId'>): string {
  return taskRunId === null ? `run:${rootId ?? ''}` : `task:${taskRunId}`
}

export interface LakeLineageQuery extends LakePageQuery {
  readonly dataset?: string
  readonly rootId?: string
}
