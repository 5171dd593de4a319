import { isSluiceError, SluiceError } from '@sluice/core'
import { isRelation } from '../sql/query-source.ts'
import { makeChecked } from './checked-change.ts'
import { canReadAgain, loadRows, type RowLoad } from './load-rows.ts'
import { ReplaySource } from './replay-source.ts'
import type { LoadResult } from './types.ts'

/**
 * Loads rows into a table, with the checks that it has. A load into `main` of a table with checks that block is staged on a branch of
 * its own, checked there, and published; any other is committed at once. One that is refused for its rows leaves an incident.
 *
 * Throws `LOAD_BLOCKED`, `LOAD_REJECTED`, and what `loadRows` throws.
 */
export async function loadTable(load: RowLoad): Promise<LoadResult> {
  const { operation, source, options } = load
  try {
    if ((options.branch ?? 'main') !== 'main') return await loadRows(load)
    return await makeChecked({
      ...load,
      make: (stage) => loadRows(stage ? { ...load, stage } : load),
      isRepeatable: canReadAgain(source),
      readsMain: operation !== 'append' && isRelation(source),
    })
  } catch (error) {
    // Of a replay nothing new went wrong: its rows are in the quarantine already.
    const isNew = !(load.source instanceof ReplaySource)
    throw isNew && isSluiceError(error, 'LOAD_REJECTED') ? await withIncident(load, error) : error
  }
}

/** Rows may hold what is not to be shown: an incident counts them. */
async function withIncident({ lake, table, loadId, context }: RowLoad, error: SluiceError): Promise<SluiceError> {
  const { problem, records = null, rejected = null } = error.details as Readonly<Record<string, string | number>>
  const { id: incident } = await lake.catalog.openIncident(
    table,
    {
      id: lake.platform.newId(),
      kind: 'rejected',
      loadId,
      snapshotId: null,
      message: String(problem ?? error.message).slice(0, 4_000),
      detail: { records, rejected },
    },
    context?.rootId,
  )
  return new SluiceError(error.code, { ...error.details, incident }, { cause: error })
}
