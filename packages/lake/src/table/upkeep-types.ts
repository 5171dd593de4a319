import type { Age } from './age.ts'
import type { ColumnRef } from './types.ts'

/** What is done to a table beside its rows. */
export interface TableUpkeep<Row extends object> {
  /**
   * Changes columns, and what is said of the table, without touching a row; older versions read as they were. What is so already is no
   * error.
   *
   * @example
   * await trips.alter({ rename: { amount: 'fare' }, drop: ['note'], describe: { amount: 'in dollars' } })
   * await trips.alter({ owner: 'fleet', key: ['id'], references: { zone_id: { table: 'bronze.zones', column: 'id' } } })
   */
  alter(alteration: AlterOptions<Row>): Promise<AlterResult>
  /**
   * Forgets versions that are older than the table's `retain`, and deletes the files that only they consist of. What a branch or tag
   * points at stays. Copies of what sources gave that are older than `retainRaw` go, too. It is done by itself, too, after loads.
   */
  expire(options?: ExpireOptions): Promise<ExpireResult>
  /**
   * Writes small files of a partition together as larger ones. Rows and the table's version stay what they are. It is done by itself,
   * too, when a partition has a hundred of them.
   */
  compact(options?: CompactOptions): Promise<CompactResult>
}

export interface ExpireOptions {
  /** Versions older than this are forgotten. Default: the table's `retain`, else five days. */
  readonly olderThan?: Age
  /** So many versions of each branch are kept, however old. Default 1. */
  readonly keep?: number
  /** Only says what would be done. */
  readonly dryRun?: boolean
  /** For so long whoever has begun to read an old version may go on. Default one hour. */
  readonly grace?: Age
}

export interface ExpireResult {
  readonly table: string
  /** Ids of the versions that are forgotten. */
  readonly snapshots: readonly string[]
  /** Tags and branches that were older than they may be. */
  readonly refs: readonly string[]
  /** Of the files that only these versions consisted of. */
  readonly bytes: number
  /** Files that are gone, also from before. */
  readonly deleted: number
  /** Files that go once the grace is over, with the next load, expiry or sweep. */
  readonly waiting: number
}

export interface CompactOptions {
  /** What a file should have, in bytes; those below three quarters of it are small. Default 128 MB. */
  readonly targetBytes?: number
}

export interface CompactResult {
  readonly table: string
  /** Undefined: there was nothing to be written together. */
  readonly snapshot: string | undefined
  /** So many files became `into`. */
  readonly files: number
  readonly into: number
  /** Of the new files. */
  readonly bytes: number
}

export interface DropOptions {
  /** Whether its files are deleted, once the grace is over. Default: they stay where they are. */
  readonly purge?: boolean
  /** For so long whoever has begun to read the table may go on. Default one hour. */
  readonly grace?: Age
}

export interface DropResult {
  readonly table: string
  /** Where its files are, or were. */
  readonly directory: string
  readonly deleted: number
  /** Files that go once the grace is over. */
  readonly waiting: number
}

export interface SweepOptions {
  /**
   * What is younger stays: a load under way needs its files. Default a day for what writers have left, an hour for what was
   * forgotten.
   */
  readonly grace?: Age
  /** Only says what would be done. */
  readonly dryRun?: boolean
}

/** Numbers of files, but for `staged`. */
export interface SweepResult {
  /** Of loads that failed or were killed. */
  readonly left: number
  /** Staged loads of this machine. */
  readonly staged: number
  /** Of versions and tables that were forgotten. */
  readonly expired: number
  /** The same, whose grace is not over. */
  readonly waiting: number
}

/** Columns by their names as they are now; of members of structs, by paths like `address.city`, types and descriptions. */
export interface AlterOptions<Row extends object> {
  /** New names: `{ old: 'new' }`. */
  readonly rename?: Readonly<Record<string, string>>
  /** Columns that no key and no partition needs. */
  readonly drop?: readonly string[]
  /** To `long` from `int`, to `double` from `float`, to a decimal of more digits. */
  readonly widen?: Readonly<Record<string, string>>
  readonly describe?: Readonly<Partial<Record<(keyof Row & string) | (string & {}), string>>>
  /** Columns that may be null from now on. */
  readonly optional?: readonly string[]
  /** `''`: nobody. */
  readonly owner?: string
  readonly description?: string
  /** In place of those of before. */
  readonly tags?: readonly string[]
  /** Columns as they are called afterwards, in place of the key of before; an empty list: no key. Later loads are checked by it. */
  readonly key?: readonly string[]
  /** By column, as it is called afterwards. References of other columns stay. Later loads are checked by them. */
  readonly references?: Readonly<Record<string, ColumnRef>>
}

export interface AlterResult {
  readonly table: string
  /** In words; none: all was so already. */
  readonly changes: readonly string[]
}
