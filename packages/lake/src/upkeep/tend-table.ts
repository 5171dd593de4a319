import { isSluiceError } from '@sluice/core'
import { expiredHistory } from '../format/retention.ts'
import type { OpenLake } from '../table/lake.ts'
import { findTable } from '../table/write-target.ts'
import { expireTable } from './expire-table.ts'
import { defaultGraceMs, finishDeletions } from './finish-deletions.ts'

/** All that keeps a table small and quick by itself: forgets old versions, and deletes what was planned to be deleted. */
export async function tendTable(lake: OpenLake, name: string): Promise<void> {
  try {
    const found = await findTable(lake.catalog, name)
    if (!found) return
    const { refs, snapshots } = expiredHistory(found.metadata, { now: lake.platform.now() })
    if (refs.length + snapshots.length > 0) await expireTable(lake, name)
    else await finishDeletions(lake, { graceMs: defaultGraceMs, directory: found.pointer.directory })
  } catch (error) {
    // The run that wrote has ended: the next one goes on.
    if (!isSluiceError(error, 'RUN_FENCED')) throw error
  }
}
