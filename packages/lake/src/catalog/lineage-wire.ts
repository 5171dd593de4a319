import type { LineageRecordsInput } from '@sluice/api'
import type { LineageRecord } from './lake-catalog.ts'

type WireLineage = LineageRecordsInput['records'][number]

/** What a run read or wrote, as it is sent: the token says which run it is. */
export function encodeLineage({ rootId: _, snapshotId, ...record }: LineageRecord): WireLineage {
  return { ...record, ...(snapshotId !== undefined && { snapshotId: String(snapshotId) }) }
}

export function decodeLineage({ snapshotId, ...record }: WireLineage, rootId: string): LineageRecord {
  return { rootId, ...record, ...(snapshotId !== undefined && { snapshotId: BigInt(snapshotId) }) }
}
