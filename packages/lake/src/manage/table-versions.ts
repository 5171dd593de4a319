import type { Snapshot } from '../format/table-metadata.ts'
import type { OpenLake } from '../table/lake.ts'
import { findView } from '../table/read-rows.ts'
import { inputProperty } from '../table/staged-input.ts'
import { refsOf } from './describe-table.ts'

/** A version of a table. */
export interface TableVersion {
  readonly snapshot: string
  readonly at: string
  /** Of a load what it is called there (`merge`, `delete`), else Iceberg's word (`replace` of files by the same rows). */
  readonly operation: string
  readonly added: number
  readonly deleted: number
  readonly rows: number
  /** Counts from 1, as `schemaVersions` does. */
  readonly schema: number
  /** Whether it is what readers see. */
  readonly current: boolean
  /** Branches and tags that are at it, but for `main`. */
  readonly refs: readonly string[]
  readonly run?: string
  readonly load?: string
}

/** A page of the ledger: versions of older loads are told in Iceberg's words. */
const loadsAsked = 1_000

/** Newest first; those, too, from which the table was rolled back. Throws `TABLE_NOT_FOUND`. */
export async function tableVersions(lake: OpenLake, name: string): Promise<readonly TableVersion[]> {
  const { pointer, metadata, snapshot: current } = await findView(lake, name, undefined)
  const loads = await lake.catalog.loads(pointer.id, { limit: loadsAsked })
  const operations = new Map(loads.map(({ id, operation }) => [id, operation]))
  const refs = refsOf(metadata).filter((ref) => ref.name !== 'main')
  const schemas = metadata.schemas.map((schema) => schema['schema-id']).toSorted((a, b) => a - b)
  const versions = (metadata.snapshots ?? []).filter(({ summary }) => summary[inputProperty] === undefined)
  return versions.toReversed().map((snapshot) =>
    versionOf(snapshot, {
      operation: operations.get(snapshot.summary['sluice.load-id'] ?? '') ?? snapshot.summary.operation,
      schema: schemas.indexOf(snapshot['schema-id'] ?? 0) + 1,
      current: snapshot['snapshot-id'] === current?.['snapshot-id'],
      refs: refs.filter((ref) => ref.snapshot === String(snapshot['snapshot-id'])).map((ref) => ref.name),
    }),
  )
}

type Place = Pick<TableVersion, 'operation' | 'schema' | 'current' | 'refs'>

function versionOf(snapshot: Snapshot, place: Place): TableVersion {
  const { summary } = snapshot
  const run = summary['sluice.run-id']
  const load = summary['sluice.load-id']
  return {
    snapshot: String(snapshot['snapshot-id']),
    at: new Date(snapshot['timestamp-ms']).toISOString(),
    added: Number(summary['added-records'] ?? 0),
    deleted: Number(summary['deleted-records'] ?? 0),
    rows: Number(summary['total-records'] ?? 0),
    ...place,
    ...(run !== undefined && { run }),
    ...(load !== undefined && { load }),
  }
}
