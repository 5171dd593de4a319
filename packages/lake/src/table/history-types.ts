import type { DiffRequest, TableDiff } from '../manage/diff-table.ts'
import type { TableDetails } from '../manage/describe-table.ts'
import type { QuarantineReport } from '../manage/quarantine.ts'
import type { SchemaVersion } from '../manage/schema-versions.ts'
import type { TableChecks } from '../manage/table-checks.ts'
import type { TableVersion } from '../manage/table-versions.ts'
import type { Version } from './types.ts'

/** What is known of a table and of its versions, and what they are called. */
export interface TableHistory {
  /** Columns, key, partitions, names of versions, last loads. Throws `TABLE_NOT_FOUND`, as all of these. */
  details(): Promise<TableDetails>
  /** Newest first. */
  versions(): Promise<readonly TableVersion[]>
  /** The schemas that the table has had, oldest first, with what changed. */
  schemaVersions(): Promise<readonly SchemaVersion[]>
  /**
   * What happened between two versions: columns and rows that were added, removed and changed, and a few of each. `to` is what the table
   * holds now, when it is left out. Throws `TABLE_VERSION_NOT_FOUND`, `OPTION_INVALID` for a key that several rows share.
   *
   * @example
   * const { added, removed, changed } = await trips.diff('audited')
   */
  diff(from: Version, to?: Version, options?: DiffOptions): Promise<TableDiff>
  /**
   * Gives a version a name, under which it is found and kept. Throws `TABLE_VERSION_NOT_FOUND`, `OPTION_INVALID` for a name of another
   * version, unless it may move.
   */
  tag(name: string, options?: TagOptions): Promise<MovedRef>
  /** Throws `TABLE_VERSION_NOT_FOUND` when there is no such tag. */
  deleteTag(name: string): Promise<MovedRef>
  /** Makes a branch, for loads that `main` does not see: `append(rows, { branch })`. One that is there is as it was. */
  branch(name: string, options?: BranchOptions): Promise<MovedRef>
  /** Throws `TABLE_VERSION_NOT_FOUND` when there is no such branch. */
  deleteBranch(name: string): Promise<MovedRef>
  /**
   * Makes an older version the current one. Nothing is deleted, and the versions after it can be gone back to. Throws
   * `TABLE_VERSION_NOT_FOUND`, `LAKE_COMMIT_CONFLICT` (somebody else has changed the table meanwhile).
   */
  rollback(version: Version): Promise<MovedRef>
  /** Rows that did not fit: why, how many, one of each. `replay()` tries them again. */
  quarantine(options?: QuarantineOptions): Promise<QuarantineReport>
  /** What is asked of the table, and what came of it for the current version. `check()` asks now. */
  checks(): Promise<TableChecks>
}

export type DiffOptions = Pick<DiffRequest, 'key'>

export interface TagOptions {
  /** Default: what the table holds now. */
  readonly version?: Version
  /** Lets a tag that is there stand for this version from now on. */
  readonly move?: boolean
}

export interface BranchOptions {
  /** Where it begins. Default: what the table holds now. */
  readonly from?: Version
}

export interface QuarantineOptions {
  /** Only rows of this load. */
  readonly load?: string
}

/** Where a branch or a tag is, and was. */
export interface MovedRef {
  readonly table: string
  readonly ref: string
  readonly snapshot: string
  /** Undefined: there was no such name. */
  readonly before: string | undefined
}
