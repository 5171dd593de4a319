import type { LakeView, LineageGraph, SearchPage } from '@sluice/lake'
import type * as manage from '@sluice/lake/manage'

type Manage = typeof manage
/** A function of the lake's, without the lake. */
type Of<Name extends keyof Manage> = Manage[Name] extends (lake: manage.OpenLake, ...rest: infer Rest) => infer Result
  ? (...rest: Rest) => Result
  : never

/** What a version is called where it is said: a tag, a branch, an id, or a time. */
type Version = string

/**
 * The tables that a command speaks of, wherever they are: in the lake of the home at hand, or behind the API of a server. Both answer with the
 * same shapes; rows from a server are as JSON has them, times aside.
 */
export interface LakeSource {
  readonly kind: 'home' | 'server'
  /** Whether there is a table of this name. */
  has(table: string): Promise<boolean>
  /** What to throw for a name that is none: it says which one was probably meant. */
  notFound(name: string): Promise<Error>
  joinsOf: Of<'joinsOf'>
  joinPaths: Of<'joinPaths'>
  listTables: Of<'listTables'>
  describeTable: Of<'describeTable'>
  tableVersions: Of<'tableVersions'>
  schemaVersions: Of<'schemaVersions'>
  previewTable(table: string, wanted: PreviewWanted): Promise<manage.TablePreview>
  diffTable(table: string, wanted: DiffWanted): Promise<manage.TableDiff>
  /** The first rows of an answer. */
  query(sql: string, limit: number): Promise<{ readonly rows: readonly Row[]; readonly more: boolean }>
  ingestFiles: Of<'ingestFiles'>
  describeQuarantine: Of<'describeQuarantine'>
  replayQuarantine: Of<'replayQuarantine'>
  countRowsOf: Of<'countRowsOf'>
  deleteFromTable: Of<'deleteFromTable'>
  alterTable: Of<'alterTable'>
  compactTable: Of<'compactTable'>
  expireTable: Of<'expireTable'>
  dropFromLake: Of<'dropFromLake'>
  sweepLake: Of<'sweepLake'>
  rollbackTable(table: string, version: Version): Promise<manage.MovedRef>
  /** One that is there is moved. */
  tagTable(table: string, tag: string, version: Version | undefined): Promise<manage.MovedRef>
  deleteTag(table: string, tag: string): Promise<manage.MovedRef>
  branchTable(table: string, branch: string, version: Version | undefined): Promise<manage.MovedRef>
  deleteBranch(table: string, branch: string): Promise<manage.MovedRef>
  listReleases: Of<'listReleases'>
  releaseTables(release: string, tables: readonly ReleasePart[], move: boolean): Promise<manage.Release>
  rollbackRelease(release: string): Promise<manage.Release>
  tableChecks: Of<'tableChecks'>
  /** Makes the checks now, and keeps what they say. */
  checkTable(table: string): Promise<readonly manage.CheckFinding[]>
  publishLoad(table: string, load: string, force: boolean): Promise<manage.LoadResult>
  dropLoad(table: string, load: string): Promise<void>
  listIncidents: Of<'listIncidents'>
  findIncident: Of<'findIncident'>
  resolveIncident: Of<'resolveIncident'>
  /** What the checks said of the version that an incident is about. */
  checksOf(incident: manage.Incident): Promise<readonly manage.CheckFinding[]>
  /** Who did what, newest first. */
  audit(query: { readonly dataset?: string; readonly limit: number }): Promise<AuditEntries>
  search(query: { readonly text: string; readonly limit: number }): Promise<SearchPage>
  lineage(query: LineageAsked): Promise<LineageGraph>
  view(name: string): Promise<LakeView | undefined>
  views(prefix?: string): Promise<readonly LakeView[]>
  /** The columns that it gives now. */
  viewColumns: Of<'viewColumns'>
  defineView(view: NewView): Promise<LakeView>
  dropView(name: string): Promise<boolean>
}

export interface AuditEntries {
  readonly items: readonly manage.AuditEntry[]
  readonly next: string | null
}

export type Row = Readonly<Record<string, unknown>>

export interface PreviewWanted {
  readonly limit: number
  readonly at?: Version
  readonly columns?: readonly string[]
}

export interface DiffWanted {
  readonly from: Version
  readonly to?: Version
  readonly key?: readonly string[]
}

export interface ReleasePart {
  readonly name: string
  readonly version?: Version
}

export interface LineageAsked {
  readonly dataset: string
  readonly direction: 'upstream' | 'downstream'
  readonly depth: number
}

export interface NewView {
  readonly name: string
  readonly query: string
  readonly description?: string
}
