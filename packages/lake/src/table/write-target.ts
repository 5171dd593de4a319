import { newTableDirectory } from '../catalog/lake-paths.ts'
import type { LakeCatalog, TableChange, TablePointer } from '../catalog/lake-catalog.ts'
import { applyUpdates } from '../format/apply-updates.ts'
import { createTableUpdates } from '../format/create-table.ts'
import { partitionSpec } from '../format/partition-spec.ts'
import type { Schema } from '../format/schema.ts'
import type { PartitionSpec, TableMetadata } from '../format/table-metadata.ts'
import type { TableRequirement, TableUpdate } from '../format/table-update.ts'
import type { Platform } from '../platform.ts'
import { branchSchema, schemaOf } from './resolve-version.ts'
import { type AnyTableOptions, documented, propertiesOf, propertyUpdates } from './table-properties.ts'
import type { PartitionBy } from './types.ts'

/** A table as a load finds it. */
export interface FoundTable {
  readonly pointer: TablePointer
  readonly metadata: TableMetadata
}

export async function findTable(catalog: LakeCatalog, name: string): Promise<FoundTable | undefined> {
  const pointer = await catalog.find(name)
  return pointer && { pointer, metadata: await catalog.metadata(pointer) }
}

/** A table as a load leaves it, before its rows: what they are written as, and where. */
export interface WriteTarget {
  readonly directory: string
  readonly location: string
  readonly schema: Schema
  readonly spec: PartitionSpec
  /** The metadata that the change makes, as the branch sees it. */
  readonly metadata: TableMetadata
  /** How a commit names its snapshot's schema: −1 is the one that it adds. */
  readonly schemaId: number
  readonly change: Pick<TableChange, 'name' | 'directory' | 'requirements' | 'updates'>
}

export interface TargetOptions {
  readonly name: string
  readonly storageUrl: string
  readonly options: AnyTableOptions
  readonly platform: Platform
  /** Default `main`. A load of another only adds schemas: what readers of `main` see stays as it is. */
  readonly branch?: string
  /** The branch begins anew at what `main` has. */
  readonly from?: 'main'
}

/** A table that is there, with the schema that a load needs. */
export function existingTarget(
  { pointer, metadata }: FoundTable,
  schemaUpdates: readonly TableUpdate[],
  { name, options, platform, branch = 'main', from }: TargetOptions,
): WriteTarget {
  const updates = [...schemaUpdates, ...propertyUpdates(metadata.properties, propertiesOf(name, options))]
  const requirements: TableRequirement[] = [{ type: 'assert-table-uuid', uuid: metadata['table-uuid'] }]
  if (schemaUpdates.length > 0)
    requirements.push(
      { type: 'assert-current-schema-id', 'current-schema-id': metadata['current-schema-id'] },
      { type: 'assert-last-assigned-field-id', 'last-assigned-field-id': metadata['last-column-id'] },
    )
  const changed = applyUpdates(metadata, requirements, updates, { now: platform.now() })
  if (branch === 'main') return targetOf(changed, pointer.directory, { name, requirements, updates })
  // Not what `main` has, but what the branch has, or is getting.
  const id =
    schemaUpdates.length > 0 ? changed['current-schema-id'] : branchSchema(metadata, from ?? branch)['schema-id']
  const added = updates.filter(({ action }) => action !== 'set-current-schema')
  const target = targetOf({ ...changed, 'current-schema-id': id }, pointer.directory, {
    name,
    requirements,
    updates: added,
  })
  return { ...target, schemaId: schemaUpdates.length > 0 ? -1 : id }
}

/** A table that the load makes. */
export function newTarget(schema: Schema, { name, storageUrl, options, platform }: TargetOptions): WriteTarget {
  const uuid = platform.newId()
  const directory = newTableDirectory(name, uuid)
  const updates = createTableUpdates({
    uuid,
    location: `${storageUrl}/${directory}`,
    schema: documented(schema, options.columns),
    spec: partitionSpec(schema, (options.partitionBy ?? []).map(partitionColumn)),
    properties: propertiesOf(name, options),
  })
  const requirements: readonly TableRequirement[] = [{ type: 'assert-create' }]
  const metadata = applyUpdates(undefined, requirements, updates, { now: platform.now() })
  return targetOf(metadata, directory, { name, directory, requirements, updates })
}

function partitionColumn(by: PartitionBy): Exclude<PartitionBy, string> {
  return typeof by === 'string' ? { column: by, transform: 'identity' } : by
}

function targetOf(metadata: TableMetadata, directory: string, change: WriteTarget['change']): WriteTarget {
  const specId = metadata['default-spec-id']
  return {
    directory,
    location: metadata.location,
    schema: schemaOf(metadata, undefined),
    spec: metadata['partition-specs'].find((spec) => spec['spec-id'] === specId) ?? { 'spec-id': specId, fields: [] },
    metadata,
    schemaId: metadata['current-schema-id'],
    change,
  }
}
