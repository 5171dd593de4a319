/** Where a dataset comes from, or goes to. */
export interface LineageQuery {
  /** A table's name, or the URL of something outside. */
  readonly dataset: string
  readonly direction: 'upstream' | 'downstream'
  /** How many steps. Default 3. */
  readonly depth?: number
}

/** By default upstream. */
export type LineageOptions = Partial<Omit<LineageQuery, 'dataset'>>

/** What was made from what: every pair of datasets once, as it was made last. */
export interface LineageGraph {
  readonly dataset: string
  readonly direction: 'upstream' | 'downstream'
  readonly links: readonly LineageLink[]
  /** True: there is more than was looked at. */
  readonly cut: boolean
}

/** `to` was made from `from`. */
export interface LineageLink {
  readonly from: string
  readonly to: string
  /** Snapshots; undefined of what is not in the lake. */
  readonly fromSnapshot?: string
  readonly toSnapshot?: string
  /** The root run and the task that wrote last. */
  readonly runId?: string
  readonly taskRunId?: string
  /** ISO 8601. */
  readonly at: string
  /** How many writes: of the newest that were looked at. */
  readonly writes: number
  /** `to` is a view whose query names `from`: nothing was written. */
  readonly definition?: true
}
