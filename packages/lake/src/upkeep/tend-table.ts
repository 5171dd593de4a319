import { isSluiceError } from '@sluice/core'
import { expiredHistory } from '../format/retention.ts'
import type { Snapshot } from '../format/table-metadata.ts'
import type { OpenLake } from '../table/lake.ts'
import { findTable, type FoundTable } from '../table/write-target.ts'
import { compactTable } from './compact-table.ts'
import { expireTable } from './expire-table.ts'
import { tendRaw } from './expire-raw.ts'
import { defaultGraceMs, defaultWriteGraceMs, finishDeletions } from './finish-deletions.ts'
import { sweepStaging, sweepWrites } from './sweep-lake.ts'

/** A partition with so many small files is compacted without anybody asking for it. */
const manySmallFiles = 100

/** All that keeps a table small and quick by itself: forgets old versions, and deletes what was planned to be deleted, and what
 * writers have left that did not get to their end, and writes small files together. */
export async function tendTable(lake: OpenLake, name: string): Promise<void> {
  try {
    const found = await findTable(lake.catalog, name)
    if (!found) return
    const { refs, snapshots } = expiredHistory(found.metadata, { now: lake.platform.now() })
    if (refs.length + snapshots.length > 0) await expireTable(lake, name)
    await tendRaw(lake)
    // Of all tables: one that was dropped is looked after by the others.
    await finishDeletions(lake, { graceMs: defaultGraceMs })
    await sweepWrites(lake, { graceMs: defaultWriteGraceMs })
    if (Number(snapshotOf(found)?.summary['total-data-files'] ?? 0) >= manySmallFiles)
      await compactTable(lake, name, { leastFiles: manySmallFiles })
    await sweepStaging(lake, { graceMs: defaultWriteGraceMs })
  } catch (error) {
    // The run that wrote has ended: the next one goes on.
    if (!isSluiceError(error, 'RUN_FENCED')) throw error
  }
}

function snapshotOf({ metadata }: FoundTable): Snapshot | undefined {
  const id = metadata['current-snapshot-id']
  return metadata.snapshots?.find((snapshot) => snapshot['snapshot-id'] === id)
}
