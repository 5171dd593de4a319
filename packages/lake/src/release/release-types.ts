import type { Relation } from '../sql/relation.ts'
import type { SqlPart } from '../sql/sql-text.ts'
import type { TableView, Version } from '../table/types.ts'

/** Versions of several tables that belong together. */
export interface Release {
  readonly release: string
  /** By name. */
  readonly tables: readonly ReleasedTable[]
}

export interface ReleasedTable {
  readonly table: string
  readonly snapshot: string
}

export interface ReleaseOptions {
  /** Lets a release that is there be of other tables, or of other versions of them. */
  readonly move?: boolean
}

/** A table as it is now, or at a version; by its name, or its handle. */
export type ReleasePart = string | { readonly name: string; readonly version?: Version }

/** The lake as it was released. */
export interface ReleasedLake {
  table(name: string): TableView
  /** A query in which every table is what was released, unless it names another version. Throws `TABLE_VERSION_NOT_FOUND`. */
  sql<Row extends object = Record<string, unknown>>(
    texts: TemplateStringsArray,
    ...parts: readonly SqlPart[]
  ): Relation<Row>
}

export interface LakeReleases {
  /**
   * Names the versions that these tables have now, together: all or none. The same again changes nothing. Throws `RELEASE_EXISTS`,
   * `TABLE_NOT_FOUND`, `TABLE_VERSION_NOT_FOUND`.
   *
   * @example
   * await lake.release('2026-01', [trips, zones, monthly])
   * const then = await lake.at('2026-01').sql`select sum(fare) from ${trips}`.all()
   */
  release(name: string, tables: readonly ReleasePart[], options?: ReleaseOptions): Promise<Release>
  /** By name. */
  releases(): Promise<readonly Release[]>
  /** All tables as they were released. */
  at(release: string): ReleasedLake
  /** Makes what was released current again, in all of its tables at once. Throws `RELEASE_NOT_FOUND`. */
  rollback(release: string): Promise<Release>
}
