import type { CheckFinding } from '../catalog/findings.ts'
import { datasetContent } from '../format/dataset-version.ts'
import type { Schema } from '../format/schema.ts'
import type { Snapshot, TableMetadata } from '../format/table-metadata.ts'
import type { TableUpdate } from '../format/table-update.ts'
import type { CheckSpec } from './check-spec.ts'

/**
 * Which keys are known to be unique in what `main` holds: a check has said so of just that. Kept with the table, in the commit that
 * published what was checked, by the ids of columns: names may come to mean others.
 */
export interface ProvedKeys {
  /** What `main` holds. */
  readonly snapshot: Snapshot
  has(columns: readonly string[], schema: Schema): boolean
}

const provedProperty = 'sluice.unique-keys'

interface Proof {
  readonly snapshot: string
  readonly keys: readonly (readonly number[])[]
}

/** Undefined: nothing is known of what `main` holds now. */
export function provedKeys(metadata: TableMetadata): ProvedKeys | undefined {
  const text = metadata.properties?.[provedProperty]
  const main = metadata.refs?.['main']?.['snapshot-id']
  const snapshot = metadata.snapshots?.find((each) => each['snapshot-id'] === main)
  if (text === undefined || snapshot === undefined) return undefined
  const proof = JSON.parse(text) as Proof
  // Compaction keeps the rows.
  const isOfMain = [main, datasetContent(metadata).snapshotId].some((id) => String(id) === proof.snapshot)
  if (!isOfMain) return undefined
  const keys = new Set(proof.keys.map(String))
  return { snapshot, has: (columns, schema) => keys.has(String(idsOf(columns, schema))) }
}

/** What a commit says that lets `main` have a snapshot, of which checks have said this. */
export function provedUpdates(
  { snapshot, schema }: { readonly snapshot: Snapshot; readonly schema: Schema },
  checks: readonly CheckSpec[],
  findings: readonly CheckFinding[],
): readonly TableUpdate[] {
  const passed = new Set(findings.filter(({ outcome }) => outcome === 'passed').map(({ name }) => name))
  const keys = checks.flatMap((check) => (check.kind === 'unique' && passed.has(check.name) ? [check.columns] : []))
  if (keys.length === 0) return []
  const proof: Proof = {
    snapshot: String(snapshot['snapshot-id']),
    keys: keys.map((columns) => idsOf(columns, schema)),
  }
  return [{ action: 'set-properties', updates: { [provedProperty]: JSON.stringify(proof) } }]
}

function idsOf(columns: readonly string[], { fields }: Schema): readonly number[] {
  const ids = columns.map((column) => fields.find(({ name }) => name === column)?.id ?? -1)
  return ids.toSorted((one, other) => one - other)
}
