import { isSluiceError } from '@sluice/core'
import { expiredHistory } from '../format/retention.ts'
import type { OpenLake } from '../table/lake.ts'
import { findTable } from '../table/write-target.ts'
import { expireTable } from './expire-table.ts'
import { defaultGraceMs, finishDeletions } from './finish-deletions.ts'
import { defaultWriteGraceMs, sweepStaging, sweepWrites } from './sweep-lake.ts'

/** All that keeps a table small and quick by itself: forgets old versions, and deletes what was planned to be deleted, and what
 * writers have left that did not get to their end. */
export async function tendTable(lake: OpenLake, name: string): Promise<void> {
  try {
    const found = await findTable(lake.catalog, name)
    if (!found) return
    const { refs, snapshots } = expiredHistory(found.metadata, { now: lake.platform.now() })
    if (refs.length + snapshots.length > 0) await expireTable(lake, name)
    // Of all tables: one that was dropped is looked after by the others.
    await finishDeletions(lake, { graceMs: defaultGraceMs })
    await sweepWrites(lake, { graceMs: defaultWriteGraceMs })
    await sweepStaging(lake, { graceMs: defaultWriteGraceMs })
  } catch (error) {
    // The run that wrote has ended: the next one goes on.
    if (!isSluiceError(error, 'RUN_FENCED')) throw error
  }
}
