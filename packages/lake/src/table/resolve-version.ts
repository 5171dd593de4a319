import { SluiceError } from '@sluice/core'
import type { Schema } from '../format/schema.ts'
import { hasReplaced } from '../format/replaced-columns.ts'
import type { Snapshot, TableMetadata } from '../format/table-metadata.ts'
import type { TableUpdate } from '../format/table-update.ts'
import type { Version } from './types.ts'

/** A version of a table that was found. */
export interface FoundVersion {
  /** Undefined: the table has no rows yet. */
  readonly snapshot: Snapshot | undefined
  /** What the table's columns were then; of `main`, what they are now. */
  readonly schema: Schema
}

/**
 * The snapshot of a version: a branch or a tag by name, a snapshot by its id (also as text), or what `main` held at a time. Throws
 * `TABLE_VERSION_NOT_FOUND`.
 */
export function resolveVersion(table: string, metadata: TableMetadata, version: Version = 'main'): FoundVersion {
  const notFound = (): SluiceError =>
    new SluiceError('TABLE_VERSION_NOT_FOUND', { table, version: versionText(version) })
  const found = (id: bigint | undefined): Snapshot => {
    const snapshot = metadata.snapshots?.find((each) => each['snapshot-id'] === id)
    if (!snapshot) throw notFound()
    return snapshot
  }
  const then = (snapshot: Snapshot): FoundVersion => ({ snapshot, schema: schemaOf(metadata, snapshot['schema-id']) })
  if (typeof version === 'bigint') return then(found(version))
  if (version instanceof Date) return then(found(idAt(metadata, version.getTime())))
  const ref = metadata.refs?.[version]
  if (ref?.type === 'tag') return then(found(ref['snapshot-id']))
  const schema = branchSchema(metadata, version)
  if (ref) return { snapshot: found(ref['snapshot-id']), schema }
  if (version === 'main') return { snapshot: undefined, schema }
  if (/^\d{1,19}$/.test(version)) return then(found(BigInt(version)))
  throw notFound()
}

/** The columns of a branch: the table's on `main`. Another one may have columns that `main` has not yet: those of its last snapshot. */
export function branchSchema(metadata: TableMetadata, branch: string): Schema {
  const id = branch === 'main' ? undefined : metadata.refs?.[branch]?.['snapshot-id']
  const snapshot = metadata.snapshots?.find((each) => each['snapshot-id'] === id)
  return schemaOf(metadata, snapshot?.['schema-id'])
}

/**
 * What `main` needs beside its place to go back to a snapshot: columns that were written anew since are those of then again. Others that
 * came later stay: they are null there.
 */
export function schemaToReturnTo(metadata: TableMetadata, id: bigint): readonly TableUpdate[] {
  const schemaId = metadata.snapshots?.find((snapshot) => snapshot['snapshot-id'] === id)?.['schema-id']
  if (schemaId === undefined || !hasReplaced(schemaOf(metadata, schemaId), schemaOf(metadata, undefined))) return []
  return [{ action: 'set-current-schema', 'schema-id': schemaId }]
}

function idAt(metadata: TableMetadata, ms: number): bigint | undefined {
  return metadata['snapshot-log']?.findLast((entry) => entry['timestamp-ms'] <= ms)?.['snapshot-id']
}

export function schemaOf(metadata: TableMetadata, id: number | undefined): Schema {
  const wanted = id ?? metadata['current-schema-id']
  const schema = metadata.schemas.find((each) => each['schema-id'] === wanted)
  if (!schema) throw new SluiceError('LAKE_METADATA_INVALID', { problem: `there is no schema ${wanted}` })
  return schema
}

function versionText(version: Version): string {
  return version instanceof Date ? version.toISOString() : String(version)
}
