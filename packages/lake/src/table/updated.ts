import type { EventPattern } from '@sluice/engine'

/** What the event of a dataset that moved says. */
export interface DatasetUpdated {
  readonly table: string
  /** Of `main`, after it moved. */
  readonly snapshot: string
  readonly schema: number
  readonly added: number
  readonly removed: number
  /** The root run that moved it. */
  readonly run: string | null
}

/**
 * The event that a table's rows or columns changed on `main`: by a load, a publication, a rollback; not by compaction, on a branch, or by a
 * load without rows. It comes in the transaction of the change.
 *
 * @example
 * const { payload } = await waitFor(updated(trips), { timeout: '1d' })
 */
export function updated(table: string | { readonly name: string }): EventPattern<DatasetUpdated> {
  return { event: 'dataset.updated', key: typeof table === 'string' ? table : table.name }
}
