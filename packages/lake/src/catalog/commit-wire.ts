import type { LakeCommitInput, WireLoad } from '@sluice/api'
import { isSluiceError } from '@sluice/core'
import { checkSchema } from '../format/check-schema.ts'
import { commitInvalid } from '../format/commit-errors.ts'
import type { ManifestFile, PartitionSummary } from '../format/manifest.ts'
import type { Transform } from '../format/table-metadata.ts'
import type { TableRequirement, TableUpdate } from '../format/table-update.ts'
import { parseTransform } from '../format/transforms.ts'
import type { CheckFinding } from './findings.ts'
import type { RawPart } from '../raw/raw-part.ts'
import type { AppendChange, DatasetVersion, LakeCommit, LoadEntry, TableChange } from './lake-catalog.ts'

// A commit on its way to a server: ids of 63 bits are decimal text there, and bytes base64.

type WireChange = LakeCommitInput['tables'][number]
type WireUpdate = WireChange['updates'][number]
type WireRequirement = WireChange['requirements'][number]
type WireAppend = NonNullable<WireChange['append']>
type WireManifest = WireAppend['manifests'][number]

/** What is sent of a commit; whose it is says the token. */
export function encodeCommit({ id, owner, tables, reads, found }: LakeCommit): LakeCommitInput {
  return {
    id,
    ...(owner?.taskRunId !== undefined && { taskRunId: owner.taskRunId }),
    tables: tables.map(encodeChange),
    ...(reads && { reads: reads.map(encodeRead) }),
    ...(found && { found: [...found] }),
  }
}

/** Throws `LAKE_COMMIT_INVALID` for a schema or a partition spec that is none. */
export function decodeCommit(
  { id, taskRunId, tables, reads, found }: LakeCommitInput,
  run: { readonly rootId: string; readonly epoch: number },
): LakeCommit {
  return {
    id,
    owner: { ...run, ...(taskRunId !== undefined && { taskRunId }) },
    tables: tables.map(decodeChange),
    ...(reads && { reads: reads.map(decodeRead) }),
    ...(found && { found }),
  }
}

function encodeChange({ requirements, updates, append, load, files, checks, ...change }: TableChange): WireChange {
  return {
    ...change,
    requirements: requirements.map(encodeRequirement),
    updates: updates.map(encodeUpdate),
    ...(append && { append: encodeAppend(append) }),
    ...(load && { load: encodeLoad(load) }),
    ...(files && { files: [...files] }),
    ...(checks && { checks: checks.map(encodeFinding) }),
  }
}

function decodeChange({ requirements, updates, append, load, files, ...change }: WireChange): TableChange {
  return {
    ...change,
    requirements: requirements.map(decodeRequirement),
    updates: updates.map(decodeUpdate),
    ...(append && { append: decodeAppend(append) }),
    ...(load && { load: decodeLoad(load) }),
    ...(files && { files }),
  }
}

/** What a check said, as it is sent. */
export const encodeFinding = (finding: CheckFinding): NonNullable<WireChange['checks']>[number] => ({
  ...finding,
  samples: [...finding.samples],
})

function encodeRequirement(requirement: TableRequirement): WireRequirement {
  if (requirement.type !== 'assert-ref-snapshot-id') return requirement
  const id = requirement['snapshot-id']
  return { ...requirement, 'snapshot-id': id === null ? null : String(id) }
}

function decodeRequirement(requirement: WireRequirement): TableRequirement {
  if (requirement.type !== 'assert-ref-snapshot-id') return requirement
  const id = requirement['snapshot-id']
  return { ...requirement, 'snapshot-id': id === null ? null : BigInt(id) }
}

function encodeUpdate(update: TableUpdate): WireUpdate {
  switch (update.action) {
    case 'add-snapshot': {
      const { 'parent-snapshot-id': parent, ...snapshot } = update.snapshot
      const ids = {
        'snapshot-id': String(snapshot['snapshot-id']),
        ...(parent && { 'parent-snapshot-id': String(parent) }),
      }
      return { ...update, snapshot: { ...snapshot, ...ids } }
    }
    case 'set-snapshot-ref':
      return { ...update, 'snapshot-id': String(update['snapshot-id']) }
    case 'remove-snapshots':
      return { ...update, 'snapshot-ids': update['snapshot-ids'].map(String) }
    default:
      // As JSON: nothing in the others is more than that.
      return update as unknown as WireUpdate
  }
}

function decodeUpdate(update: WireUpdate): TableUpdate {
  switch (update.action) {
    case 'add-snapshot': {
      const { 'parent-snapshot-id': parent, ...snapshot } = update.snapshot
      const ids = {
        'snapshot-id': BigInt(snapshot['snapshot-id']),
        ...(parent !== undefined && { 'parent-snapshot-id': BigInt(parent) }),
      }
      return { ...update, snapshot: { ...snapshot, ...ids } }
    }
    case 'set-snapshot-ref':
      return { ...update, 'snapshot-id': BigInt(update['snapshot-id']) }
    case 'remove-snapshots':
      return { ...update, 'snapshot-ids': update['snapshot-ids'].map(BigInt) }
    case 'add-schema':
      return { ...update, schema: schemaOf(update.schema) }
    case 'add-spec':
      return { ...update, spec: { ...update.spec, fields: update.spec.fields.map(withTransform) } }
    case 'add-sort-order': {
      const order = update['sort-order']
      return { ...update, 'sort-order': { ...order, fields: order.fields.map(withTransform) } }
    }
    default:
      return update
  }
}

function schemaOf(schema: unknown): Extract<TableUpdate, { action: 'add-schema' }>['schema'] {
  try {
    checkSchema(schema, 'schema')
    return schema
  } catch (error) {
    throw isSluiceError(error, 'LAKE_METADATA_INVALID') ? commitInvalid(String(error.details['problem'])) : error
  }
}

function withTransform<T extends { readonly transform: string }>(field: T): T & { readonly transform: Transform } {
  if (parseTransform(field.transform) === undefined)
    throw commitInvalid(`the transform ${JSON.stringify(field.transform)} is not known`)
  return field as T & { readonly transform: Transform }
}

function encodeAppend({ manifests, ...append }: AppendChange): WireAppend {
  return { ...append, snapshotId: String(append.snapshotId), manifests: manifests.map(encodeManifestFile) }
}

function decodeAppend({ manifests, ...append }: WireAppend): AppendChange {
  return {
    ...append,
    snapshotId: BigInt(append.snapshotId),
    manifests: manifests.map(decodeManifestFile),
  }
}

function encodeManifestFile({ partitions, ...manifest }: ManifestFile): WireManifest {
  return {
    ...manifest,
    addedSnapshotId: String(manifest.addedSnapshotId),
    partitions: partitions.map(({ containsNull, containsNan, lower, upper }) => ({
      containsNull,
      ...(containsNan !== undefined && { containsNan }),
      ...(lower && { lower: Buffer.from(lower).toString('base64') }),
      ...(upper && { upper: Buffer.from(upper).toString('base64') }),
    })),
  }
}

function decodeManifestFile({ partitions, ...manifest }: WireManifest): ManifestFile {
  return {
    ...manifest,
    addedSnapshotId: BigInt(manifest.addedSnapshotId),
    partitions: partitions.map(({ containsNull, containsNan, lower, upper }): PartitionSummary => ({
      containsNull,
      ...(containsNan !== undefined && { containsNan }),
      ...(lower !== undefined && { lower: Uint8Array.from(Buffer.from(lower, 'base64')) }),
      ...(upper !== undefined && { upper: Uint8Array.from(Buffer.from(upper, 'base64')) }),
    })),
  }
}

/** A load of the ledger as it is sent. */
export function encodeLoad({ snapshotId, cursor, raw, ...load }: LoadEntry): WireLoad {
  return {
    ...load,
    ...(raw && { raw: raw.map(encodePart) }),
    snapshotId: snapshotId === undefined ? null : String(snapshotId),
    ...(cursor !== undefined && { cursor: JSON.parse(JSON.stringify(cursor)) as WireLoad['cursor'] & {} }),
  }
}

const encodePart = ({ rows, ...part }: RawPart): NonNullable<WireLoad['raw']>[number] => ({
  ...part,
  ...(rows && { rows: { records: rows.records, kinds: rows.kinds.map(([name, held]) => [name, held]) } }),
})

export function decodeLoad({ snapshotId, ...load }: WireLoad): LoadEntry {
  return { ...load, snapshotId: snapshotId === null ? undefined : BigInt(snapshotId) }
}

const encodeRead = ({ dataset, snapshotId }: DatasetVersion): NonNullable<LakeCommitInput['reads']>[number] => ({
  dataset,
  ...(snapshotId !== undefined && { snapshotId: String(snapshotId) }),
})

const decodeRead = ({ dataset, snapshotId }: NonNullable<LakeCommitInput['reads']>[number]): DatasetVersion => ({
  dataset,
  ...(snapshotId !== undefined && { snapshotId: BigInt(snapshotId) }),
})
